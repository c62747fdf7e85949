mod bed;
mod jobs;
mod runs;
mod streams;
mod verifications;
