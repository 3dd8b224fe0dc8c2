//! The command line from outside: results, exit codes, bad input, nothing half-written.

mod cases;
mod cqt;
mod cqt_pack;
#[path = "../../../tests/support/foley.rs"]
mod foley;
mod foley_pack;
mod footsteps;
#[path = "../../../tests/support/graphs.rs"]
mod graphs;
mod inputs_kept;
#[cfg(unix)]
mod interrupts;
mod keys;
mod paths;
mod play;
mod raw_pack;
mod refusals;
mod run;
mod sounds;
mod streams;
mod texture;
