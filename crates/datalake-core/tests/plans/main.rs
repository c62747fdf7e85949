//! Plans, the way back, and what a history makes of both.

#[cfg(test)]
mod history;
#[cfg(test)]
mod lint;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod rehearse;
#[cfg(test)]
mod rollback;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tables;
