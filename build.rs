//! Makes the module a Kubewarden policy as cargo writes it: `policy-metadata/metadata.yml` goes in
//! as JSON, in the section where the policy server looks for it.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    const METADATA: &str = "policy-metadata/metadata.yml";

    println!("cargo::rerun-if-changed={METADATA}");
    let json = intake::yaml_to_json(&fs::read_to_string(METADATA)?)
        .map_err(|broken| format!("{METADATA}:{}: {}", broken.line, broken.message))?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("metadata.json"), json)?;

    if env::var("CARGO_CFG_TARGET_OS")? == "wasi" {
        // Function names are a tenth of the module, and nobody sees them: it does not trap. Numbers
        // of functions and addresses, which the linker leaves five bytes wide, are a twentieth.
        for argument in [
            "--strip-all",
            "--compress-relocations",
            "--keep-section=io.kubewarden.metadata",
            "--keep-section=target_features",
        ] {
            println!("cargo::rustc-link-arg-cdylib={argument}");
        }
    }
    Ok(())
}
