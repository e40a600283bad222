//! `cargo run --package xtask -- TASK`: what the Makefile calls.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use xtask::metadata::Metadata;
use xtask::{Error, artifacthub, changelog, oci};

const USAGE: &str = "\
usage:
  xtask artifacthub-pkg CREATED_AT   write artifacthub-pkg.yml
  xtask changelog VERSION            print what a release changed
  xtask oci MODULE FOLDER            write an OCI layout, and print its digest";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Error> {
    let project = Path::new(".");
    match arguments {
        ["artifacthub-pkg", created_at] => {
            let package = artifacthub::package(project, created_at)?;
            fs::write(project.join(artifacthub::FILE), package)?;
        }
        ["changelog", version] => {
            let changelog = fs::read_to_string(project.join("CHANGELOG.md"))?;
            println!("{}", changelog::section(&changelog, version)?.text);
        }
        ["oci", module, folder] => {
            let module = fs::read(module).map_err(|error| format!("{module}: {error}"))?;
            let metadata = Metadata::of(project)?;
            println!("{}", oci::write(Path::new(folder), &module, &metadata)?);
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}
