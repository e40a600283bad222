//! The host against guests that misbehave.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use crate::common::{guest, guest_with, module};
use bulkhead::host::{CallError, Host, HostCall, LoadError, Options, Policy};

fn options() -> Options {
    Options {
        instances: NonZeroUsize::MIN,
        time_limit: Duration::from_millis(200),
        memory_limit: 2 << 20,
        cache: false,
    }
}

fn load(wasm: &[u8]) -> Policy {
    Policy::load(wasm, &options()).expect("a policy")
}

fn load_error(wasm: &[u8]) -> LoadError {
    Policy::load(wasm, &options()).err().expect("an error")
}

/// Answers with its payload.
fn echo() -> Vec<u8> {
    guest(
        "(call $request (i32.const 0) (i32.const 64))
        (call $respond (i32.const 64) (local.get $payload))
        (i32.const 1)",
    )
}

#[test]
fn hands_operation_and_payload_over_and_the_answer_back() {
    let policy = load(&guest(
        "(call $request (i32.const 0) (local.get $operation))
        (call $respond (i32.const 0) (i32.add (local.get $operation) (local.get $payload)))
        (i32.const 1)",
    ));
    assert_eq!(policy.call("inspect", b"{}"), Ok(b"inspect{}".to_vec()));
    assert_eq!(policy.call("", b""), Ok(Vec::new()));
}

#[test]
fn reuses_an_instance() {
    let mut instance = load(&echo()).instance().expect("an instance");
    for payload in [&b"first"[..], b"", b"third"] {
        assert_eq!(instance.call("echo", payload).as_deref(), Ok(payload));
    }
}

#[test]
fn starts_every_call_with_fresh_memory() {
    let policy = load(&guest(
        "(i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (call $respond (i32.const 0) (i32.const 4))
        (i32.const 1)",
    ));
    for _ in 0..3 {
        assert_eq!(policy.call("count", b""), Ok(vec![1, 0, 0, 0]));
    }
}

#[test]
fn answers_many_threads() {
    let policy = load(&echo());
    std::thread::scope(|scope| {
        let calls = [0_u8, 1].map(|byte| {
            let policy = &policy;
            scope.spawn(move || (0..50).all(|_| policy.call("echo", [byte]) == Ok(vec![byte])))
        });
        assert!(calls.into_iter().all(|call| call.join().unwrap_or(false)));
    });
}

#[test]
fn runs_start_then_wapc_init() {
    let policy = load(&guest_with(
        r#"(func (export "wapc_init") (i32.store8 (i32.const 1) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1))))
        (func (export "_start") (i32.store8 (i32.const 0) (i32.const 65)))"#,
        "(call $respond (i32.const 0) (i32.const 2)) (i32.const 1)",
    ));
    assert_eq!(policy.call("order", b""), Ok(b"AB".to_vec()));
}

#[test]
fn gives_the_same_random_numbers_in_every_instance() {
    let policy = load(&guest(
        "(drop (call $random (i32.const 0) (i32.const 12)))
        (call $respond (i32.const 0) (i32.const 12))
        (i32.const 1)",
    ));
    let first = policy.call("random", b"").expect("random bytes");
    assert_eq!(policy.call("random", b""), Ok(first.clone()));
    assert_ne!(first.get(..4), first.get(4..8), "{first:?}");
}

#[test]
fn denies_host_calls() {
    let policy = load(&guest(
        "(drop (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
            (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
        (call $host_error (i32.const 0))
        (call $respond (i32.const 0) (call $host_error_len))
        (i32.const 1)",
    ));
    let answer = policy.call("ask", b"").expect("an answer");
    assert_eq!(
        String::from_utf8_lossy(&answer),
        "denied: a replay has no cluster to ask"
    );
}

/// Asks its host for an operation that is its payload, and answers with what it is told.
fn asker() -> Vec<u8> {
    guest(
        "(call $request (i32.const 0) (i32.const 64))
        (if (result i32) (call $host_call (i32.const 0) (local.get $operation)
                (i32.const 0) (i32.const 0) (i32.const 64) (local.get $payload)
                (i32.const 64) (local.get $payload))
            (then (drop (memory.grow (i32.shr_u (call $host_response_len) (i32.const 16))))
                (call $host_response (i32.const 128))
                (call $respond (i32.const 128) (call $host_response_len))
                (i32.const 1))
            (else (call $host_error (i32.const 128))
                (call $fail (i32.const 128) (call $host_error_len))
                (i32.const 0)))",
    )
}

#[test]
fn hands_a_host_call_on_and_its_answer_back() {
    let policy = load(&asker());
    let host: Host = Arc::new(|call: &HostCall| match call.operation.as_str() {
        "ping" => Ok(b"pong".to_vec()),
        "much" => Ok(vec![b'x'; 20 << 20]),
        other => Err(format!("{}: no `{other}`", call.binding)),
    });
    let call = |operation: &[u8]| policy.call_with("me", operation, Arc::clone(&host));
    assert_eq!(call(b"ping"), Ok(b"pong".to_vec()));
    assert_eq!(call(b"pang"), Err(CallError::Guest("me: no `pang`".into())));
    // an answer may take memory beyond what the payload would allow
    assert_eq!(call(b"much").map(|answer| answer.len()), Ok(20 << 20));
    let error = policy.call("me", b"ping").expect_err("no host");
    assert!(error.to_string().contains("denied"), "{error}");
}

#[test]
fn names_an_unknown_import() {
    let wasm = module(
        r#"(import "env" "clock" (func)) (memory (export "memory") 1)
        (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))"#,
    );
    let error = load_error(&wasm);
    assert_eq!(
        error,
        LoadError::UnknownImport {
            module: "env".into(),
            name: "clock".into()
        }
    );
    assert!(error.to_string().starts_with("imports `env::clock`"));
}

#[test]
fn refuses_an_import_of_another_type() {
    let wasm = module(
        r#"(import "wapc" "__guest_response" (func (param i64))) (memory (export "memory") 1)
        (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))"#,
    );
    assert!(matches!(load_error(&wasm), LoadError::WrongImport(_)));
}

#[test]
fn refuses_what_is_no_policy() {
    assert!(matches!(load_error(b"\0asm?"), LoadError::NotAModule(_)));
    assert_eq!(load_error(b"{}"), LoadError::OtherBytes);
    assert_eq!(load_error(b""), LoadError::OtherBytes);
    assert_eq!(load_error(&module("")), LoadError::MissingExport("memory"));
    assert_eq!(
        load_error(&module(r#"(memory (export "memory") 1)"#)),
        LoadError::MissingExport("__guest_call")
    );
}

#[test]
fn refuses_an_export_of_another_type() {
    for wasm in [
        r#"(memory (export "memory") 1) (func (export "__guest_call") (param i64))"#,
        r#"(memory (export "memory") 1) (global (export "__guest_call") i32 (i32.const 0))"#,
    ] {
        let error = load_error(&module(wasm));
        assert_eq!(error, LoadError::MissingExport("__guest_call"));
    }
}

#[test]
fn reports_an_error_of_the_guest() {
    let policy = load(&guest_with(
        r#"(data (i32.const 0) "no such\noperation")"#,
        "(call $fail (i32.const 0) (i32.const 17)) (i32.const 0)",
    ));
    assert_eq!(
        policy.call("x", b""),
        Err(CallError::Guest("no such operation".into()))
    );
}

#[test]
fn reports_success_without_an_answer() {
    assert_eq!(
        load(&guest("(i32.const 1)")).call("x", b""),
        Err(CallError::NoAnswer)
    );
}

#[test]
fn reports_a_trap_and_still_answers_the_next_call() {
    let policy = load(&guest(
        "(if (local.get $payload) (then unreachable))
        (call $respond (i32.const 0) (i32.const 0))
        (i32.const 1)",
    ));
    let error = policy.call("x", b"!").expect_err("a trap");
    assert_eq!(error.reason(), "trap");
    assert!(error.to_string().contains("unreachable"), "{error}");
    assert_eq!(policy.call("x", b""), Ok(Vec::new()));
}

#[test]
fn reports_a_stack_overflow() {
    let policy = load(&guest_with(
        "(func $deeper (call $deeper))",
        "(call $deeper) (i32.const 1)",
    ));
    let error = policy.call("x", b"").expect_err("a trap");
    assert!(error.to_string().contains("stack"), "{error}");
}

#[test]
fn reports_an_exit() {
    let policy = load(&guest("(call $exit (i32.const 3)) (i32.const 1)"));
    let error = policy.call("x", b"").expect_err("a trap");
    assert!(error.to_string().contains("exits with code 3"), "{error}");
}

#[test]
fn stops_an_endless_loop() {
    let policy = load(&guest("(loop $again (br $again)) (i32.const 1)"));
    assert_eq!(
        policy.call("x", b""),
        Err(CallError::TimedOut(Duration::from_millis(200)))
    );
}

#[test]
fn stops_an_endless_start() {
    let policy = load(&guest_with(
        r#"(func (export "wapc_init") (loop $again (br $again)))"#,
        "(i32.const 1)",
    ));
    assert!(matches!(
        policy.instance().err(),
        Some(CallError::TimedOut(_))
    ));
}

/// Takes memory page by page and traps when it gets no more.
fn memory_hog() -> Vec<u8> {
    guest(
        "(loop $more
            (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        unreachable",
    )
}

#[test]
fn stops_a_memory_hog() {
    let error = load(&memory_hog()).call("x", b"{}").expect_err("an error");
    assert_eq!(
        error,
        CallError::OutOfMemory {
            limit: (2 << 20) + 2 * 24,
            payload: 2
        }
    );
    assert_eq!(
        error.to_string(),
        "the policy needed more than 2 MiB of memory for a request of 2 bytes"
    );
}

#[test]
fn gives_a_large_payload_the_memory_it_needs() {
    let policy = load(&guest(
        "(drop (memory.grow (i32.const 500)))
        (call $request (i32.const 0) (i32.const 1024))
        (call $respond (i32.const 1024) (i32.const 4))
        (i32.const 1)",
    ));
    let payload = vec![b'x'; 20_000_000];
    assert_eq!(policy.call("x", payload.as_slice()), Ok(b"xxxx".to_vec()));
}

#[test]
fn refuses_a_module_that_wants_more_memory_from_the_start() {
    let policy = load(&module(
        r#"(memory (export "memory") 100)
        (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))"#,
    ));
    assert!(matches!(
        policy.call("x", b""),
        Err(CallError::OutOfMemory { .. })
    ));
}

#[test]
fn reports_pointers_outside_the_memory() {
    for body in [
        "(call $request (i32.const -1) (i32.const 0)) (i32.const 1)",
        "(call $request (i32.const 0) (i32.const -1)) (i32.const 1)",
        "(call $respond (i32.const -8) (i32.const 100)) (i32.const 1)",
        "(call $fail (i32.const -8) (i32.const 100)) (i32.const 1)",
        "(drop (call $random (i32.const -8) (i32.const 100))) (i32.const 1)",
        "(call $host_error (i32.const -1)) (i32.const 1)",
        "(call $host_response (i32.const -1)) (i32.const 1)",
        "(call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
            (i32.const 0) (i32.const 0) (i32.const -8) (i32.const 100))",
    ] {
        let error = load(&guest(body)).call("op", b"{}").expect_err(body);
        assert_eq!(error.reason(), "trap", "{body}: {error}");
    }
}
