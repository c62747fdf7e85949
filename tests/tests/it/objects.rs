//! `datalake ls|du|tree|stat|cat|rm|presign`.

mod listing;
mod odd_keys;
mod reading;
mod removing;
mod usage;
