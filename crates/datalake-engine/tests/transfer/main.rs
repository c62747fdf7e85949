//! Transfers over ports in memory: there and back, with faults, killed, and refused.

#[cfg(test)]
mod across;
#[cfg(test)]
mod carried;
#[cfg(test)]
mod deletion;
#[cfg(test)]
mod faulty;
#[cfg(test)]
mod flaky;
#[cfg(test)]
mod freeing;
#[cfg(test)]
mod input;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod names;
#[cfg(test)]
mod pacing;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod side_by_side;
#[cfg(test)]
mod silence;
#[cfg(test)]
mod support;
#[cfg(test)]
mod there_and_back;
#[cfg(test)]
mod verify;
