//! `cargo run --package xtask -- TASK`: what the Makefile calls.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use xtask::metadata::Metadata;
use xtask::{Error, VERSION, artifacthub, changelog, krew, oci, web};

const USAGE: &str = "\
usage:
  xtask artifacthub-pkg CREATED_AT   write artifacthub-pkg.yml
  xtask release TAG                  check that the tag can be released, and print what it changed
  xtask oci MODULE FOLDER            write an OCI layout, and print its digest
  xtask web COMPILED FOLDER          write the package for browsers and Node
  xtask krew FOLDER                  print krew's manifest for a release's archives";

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
        ["release", tag] => {
            if *tag != format!("v{VERSION}") {
                return Err(format!("the tag is {tag}, the version v{VERSION}").into());
            }
            let changelog = fs::read_to_string(project.join("CHANGELOG.md"))?;
            println!("{}", changelog::section(&changelog, VERSION)?.text);
        }
        ["krew", archives] => {
            let metadata = Metadata::of(project)?;
            print!("{}", krew::plugin(&metadata, Path::new(archives))?);
        }
        ["oci", module, folder] => {
            let module = fs::read(module).map_err(|error| format!("{module}: {error}"))?;
            let metadata = Metadata::of(project)?;
            println!("{}", oci::write(Path::new(folder), &module, &metadata)?);
        }
        ["web", compiled, folder] => {
            let size = web::write(project, Path::new(compiled), Path::new(folder))?;
            println!("{folder}: {size} bytes of wasm");
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}
