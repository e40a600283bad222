//! The module itself: what it imports and exports, what it carries, and that the library builds
//! for hosts that know no waPC.

use std::process::Command;

use bulkhead::host::{Options, Policy};
use wasmparser::{Parser, Payload};

/// The names that a module imports, as `module.name`.
fn imports(wasm: &[u8]) -> Vec<String> {
    let mut imports = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ImportSection(section) = payload.unwrap() {
            for import in section.into_imports() {
                let import = import.unwrap();
                imports.push(format!("{}.{}", import.module, import.name));
            }
        }
    }
    imports.sort();
    imports
}

fn exports(wasm: &[u8]) -> Vec<String> {
    let mut exports = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ExportSection(section) = payload.unwrap() {
            exports.extend(
                section
                    .into_iter()
                    .map(|export| export.unwrap().name.to_owned()),
            );
        }
    }
    exports.sort();
    exports
}

fn section(wasm: &[u8], name: &str) -> Option<Vec<u8>> {
    Parser::new(0)
        .parse_all(wasm)
        .find_map(|payload| match payload.unwrap() {
            Payload::CustomSection(section) if section.name() == name => {
                Some(section.data().to_vec())
            }
            _ => None,
        })
}

/// Invariant 6: a host that links strictly can load it.
#[test]
fn imports_only_what_every_wapc_host_has() {
    assert_eq!(
        imports(bulkhead::POLICY),
        [
            "wapc.__guest_error",
            "wapc.__guest_request",
            "wapc.__guest_response",
            "wapc.__host_call",
            "wapc.__host_error",
            "wapc.__host_error_len",
            "wapc.__host_response",
            "wapc.__host_response_len",
            "wasi_snapshot_preview1.environ_get",
            "wasi_snapshot_preview1.environ_sizes_get",
            "wasi_snapshot_preview1.fd_write",
            "wasi_snapshot_preview1.proc_exit",
            "wasi_snapshot_preview1.random_get",
        ]
    );
}

/// A `_start` would be run by every host, with the host's standard input.
#[test]
fn exports_what_a_wapc_host_calls_and_nothing_that_it_would_run() {
    assert_eq!(
        exports(bulkhead::POLICY),
        ["__guest_call", "memory", "wapc_init"]
    );
}

#[test]
fn carries_its_metadata() {
    let metadata = section(bulkhead::POLICY, "io.kubewarden.metadata").unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata).unwrap();
    assert_eq!(metadata["protocolVersion"], "v1");
    assert_eq!(metadata["executionMode"], "kubewarden-wapc");
    assert_eq!(metadata["mutating"], false);
    let version = &metadata["annotations"]["io.kubewarden.policy.version"];
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
}

/// `wasm-opt` and others read it.
#[test]
fn says_which_features_it_uses() {
    assert!(section(bulkhead::POLICY, "target_features").is_some());
}

#[test]
fn speaks_the_protocol() {
    let policy = Policy::load(bulkhead::POLICY, &Options::default()).unwrap();
    assert_eq!(policy.call("protocol_version", b"").unwrap(), b"\"v1\"");
    assert_eq!(
        policy.call("validate_settings", b"{}").unwrap(),
        br#"{"valid":true}"#
    );
    assert_eq!(policy.call("catalog", b"").unwrap(), policy::catalog());
    assert!(policy.call("unknown", b"").is_err());
}

/// The policy server may ask the same instance for as long as it runs.
#[test]
fn an_instance_holds_no_more_memory_the_more_requests_it_answers() {
    let options = Options {
        memory_limit: 2 << 20,
        ..Options::default()
    };
    let policy = Policy::load(bulkhead::POLICY, &options).unwrap();
    let mut instance = policy.instance().unwrap();
    for length in 0..10_000 {
        let name = "x".repeat(length);
        let payload = format!(
            r#"{{"request":{{"kind":{{"kind":"Pod"}},"name":"{name}","object":{{"spec":{{"hostPID":true}}}}}}}}"#
        );
        instance.call("inspect", payload.as_bytes()).unwrap();
    }
}

/// For browsers and Node, which provide nothing of the kind.
#[test]
fn the_library_builds_without_wapc_for_other_hosts() {
    let target = concat!(env!("CARGO_TARGET_TMPDIR"), "/unknown");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let status = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["build", "--locked", "--package", "bulkhead-policy"])
        .args(["--target", "wasm32-unknown-unknown", "--target-dir", target])
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .unwrap();
    assert!(
        status.success(),
        "is the target installed? rustup target add wasm32-unknown-unknown"
    );
    let module = format!("{target}/wasm32-unknown-unknown/debug/policy.wasm");
    let module = std::fs::read(module).unwrap();
    assert_eq!(imports(&module), Vec::<String>::new());
    assert_eq!(
        exports(&module)
            .iter()
            .filter(|name| name.contains("guest"))
            .count(),
        0
    );
}
