//! The package for browsers and Node: the compiled crate `web`, one wasm, with a loader for each
//! kind of module. What the loaders have in common is generated; the rest lies in `web/npm`.

use std::fs;
use std::path::Path;
use std::process::Command;

use wasm_bindgen_cli_support::Bindgen;

use crate::Error;

/// Where cargo writes the crate, below its target directory.
pub const COMPILED: &str = "wasm32-unknown-unknown/web/bulkhead.wasm";

/// What makes the wasm smaller, in the project: Binaryen's optimizer, at the version in
/// `web/package-lock.json`.
pub const OPTIMIZER: &str = "web/node_modules/binaryen/bin/wasm-opt";

/// Control flow is taken apart and put together anew before the rest, which makes it 7 kB smaller;
/// functions are numbered by how often they are called after it, which makes calls 4 kB shorter.
const PASSES: &[&str] = &[
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--reorder-functions",
];

/// Files that stand in the package as they are in the project.
const COPIED: &[&str] = &[
    "web/npm/package.json",
    "web/npm/README.md",
    "web/npm/node.mjs",
    "LICENSE",
];

/// Writes the package into a folder, in place of what was there, and returns the size of its wasm.
///
/// # Errors
/// When a file cannot be read or written, the module is none of wasm-bindgen's, or what makes it
/// smaller is not installed.
pub fn write(project: &Path, compiled: &Path, folder: &Path) -> Result<usize, Error> {
    let module = fs::read(compiled).map_err(|error| format!("{}: {error}", compiled.display()))?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;

    // Node's, for `require`, with an `init` as the others have it. Its wasm is that of browsers, byte for byte, and is written by them.
    let mut node = bindgen(module.clone());
    let node = node.nodejs(true)?.generate_output()?;
    let types = node.ts().unwrap_or_default();
    for (name, loader, more) in [
        ("bulkhead.cjs", node.js(), "web/npm/init.cjs"),
        ("bulkhead.d.cts", types, "web/npm/init.d.cts"),
    ] {
        let more = fs::read_to_string(project.join(more))?;
        fs::write(folder.join(name), [loader, &more].concat())?;
    }

    // Browsers fetch the wasm from beside the loader, unless they are told where it is.
    let mut web = bindgen(module);
    web.web(true)?
        .omit_default_module_path(false)
        .generate_output()?
        .emit(folder)?;
    let other = folder.join("bulkhead_bg.wasm.d.ts");
    if other.exists() {
        fs::remove_file(other)?;
    }
    for file in COPIED {
        let path = project.join(file);
        if let Some(name) = path.file_name() {
            fs::copy(&path, folder.join(name))?;
        }
    }
    let wasm = folder.join("bulkhead_bg.wasm");
    optimize(project, &wasm)?;
    Ok(fs::read(wasm)?.len())
}

/// Makes a wasm smaller, by the features that it says it uses and no others: what engines load it
/// stays the same.
fn optimize(project: &Path, wasm: &Path) -> Result<(), Error> {
    let optimizer = project.join(OPTIMIZER);
    if !optimizer.is_file() {
        return Err(format!("{OPTIMIZER}: missing; `cd web && npm ci` gets it").into());
    }
    let status = Command::new("node")
        .arg(&optimizer)
        .args(PASSES)
        .arg(wasm)
        .arg("-o")
        .arg(wasm)
        .status()
        .map_err(|error| format!("node: {error}"))?;
    if !status.success() {
        return Err(format!("{OPTIMIZER}: {status}").into());
    }
    Ok(())
}

fn bindgen(module: Vec<u8>) -> Bindgen {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes("bulkhead", module)
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen
}
