//! A policy that answers `inspect` with what the object says under `answer`; for a role of a
//! namespace with what it says under `within`, where it does.

use crate::common::guest_with;
use serde_json::Value;

const GOOD: usize = 0x200;
const NOTHING: usize = 0x300;
const MARKS: usize = 0x500;
const PAYLOAD: usize = 0x1000;

const VALID: &str = r#"{"valid":true}"#;
const NO_FINDING: &str = r#"{"request":{},"allowed":true,"findings":[]}"#;

/// The policy. It takes braces in texts for braces, so answers must have none there.
pub fn judge() -> Vec<u8> {
    let marks = [r#""answer":"#, r#""within":"#, r#""kind":"Role""#];
    let mark = |index: usize| {
        let before: usize = marks.iter().take(index).map(|mark| mark.len()).sum();
        format!(
            "(i32.const {}) (i32.const {})",
            MARKS + before,
            marks[index].len()
        )
    };
    let data = |at: usize, text: &str| {
        let text: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        format!("(data (i32.const {at}) \"{text}\")")
    };
    let find = "
        ;; the place behind a mark in the payload, or 0
        (func $find (param $mark i32) (param $length i32) (param $end i32) (result i32)
            (local $at i32) (local $index i32)
            (local.set $at (i32.const PAYLOAD))
            (loop $places
                (local.set $index (i32.const 0))
                (loop $letters
                    (if (i32.eq (local.get $index) (local.get $length))
                        (then (return (i32.add (local.get $at) (local.get $length)))))
                    (if (i32.eq
                            (i32.load8_u (i32.add (local.get $at) (local.get $index)))
                            (i32.load8_u (i32.add (local.get $mark) (local.get $index))))
                        (then
                            (local.set $index (i32.add (local.get $index) (i32.const 1)))
                            (br $letters))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br_if $places (i32.lt_u (local.get $at) (local.get $end))))
            (i32.const 0))"
        .replace("PAYLOAD", &PAYLOAD.to_string());
    guest_with(
        &[
            data(GOOD, VALID),
            data(NOTHING, NO_FINDING),
            data(MARKS, &marks.concat()),
            find,
        ]
        .concat(),
        &format!(
            "(local $start i32) (local $end i32) (local $depth i32) (local $letter i32)
            (call $request (i32.const 0) (i32.const {PAYLOAD}))
            (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 118)) ;; validate_settings
                (then (call $respond (i32.const {GOOD}) (i32.const {}))
                    (return (i32.const 1))))
            (local.set $end (i32.add (i32.const {PAYLOAD}) (local.get $payload)))
            (if (call $find {} (local.get $end))
                (then (local.set $start (call $find {} (local.get $end)))))
            (if (i32.eqz (local.get $start))
                (then (local.set $start (call $find {} (local.get $end)))))
            (if (i32.eqz (local.get $start))
                (then (call $respond (i32.const {NOTHING}) (i32.const {}))
                    (return (i32.const 1))))
            (local.set $end (local.get $start))
            (loop $more
                (local.set $letter (i32.load8_u (local.get $end)))
                (local.set $end (i32.add (local.get $end) (i32.const 1)))
                (if (i32.eq (local.get $letter) (i32.const 123))
                    (then (local.set $depth (i32.add (local.get $depth) (i32.const 1)))))
                (if (i32.eq (local.get $letter) (i32.const 125))
                    (then (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))))
                (br_if $more (local.get $depth)))
            (call $respond (local.get $start) (i32.sub (local.get $end) (local.get $start)))
            (i32.const 1)",
            VALID.len(),
            mark(2),
            mark(1),
            mark(0),
            NO_FINDING.len(),
        ),
    )
}

/// An answer to `inspect` with these findings and powers.
pub fn answer(findings: Value, powers: Value) -> Value {
    serde_json::json!({"request": {}, "allowed": true, "judged": true,
        "findings": findings, "powers": powers})
}
