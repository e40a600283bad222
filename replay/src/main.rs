//! The `bulkhead` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    bulkhead::run(std::env::args_os())
}
