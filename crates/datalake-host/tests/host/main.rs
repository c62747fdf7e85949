//! What the host ports promise, asked of a real file system.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod bed;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod files;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod generator;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod links;
#[cfg(test)]
mod long_files;
#[cfg(test)]
mod named;
#[cfg(test)]
mod secret_file;
#[cfg(test)]
mod state;
#[cfg(test)]
mod transfer;
#[cfg(test)]
mod tree;
#[cfg(test)]
mod usage_db;
#[cfg(test)]
mod ways;
