//! Runs over ports in memory: to their end, stopped, killed, and back.

#[cfg(test)]
mod away;
#[cfg(test)]
mod buckets;
#[cfg(test)]
mod failing;
#[cfg(test)]
mod faulty;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod late;
#[cfg(test)]
mod lost;
#[cfg(test)]
mod new_bucket;
#[cfg(test)]
mod records;
#[cfg(test)]
mod retry;
#[cfg(test)]
mod support;
#[cfg(test)]
mod there_and_back;
#[cfg(test)]
mod unseen;
#[cfg(test)]
mod vault;
