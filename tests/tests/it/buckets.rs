//! `datalake bucket`: buckets and their settings.

mod life;
mod settings;
mod uploads;
