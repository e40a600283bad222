#!/usr/bin/env bats
# The policy in the real kwctl. Run by `make e2e-tests`, from the root of the project.

policy=policy.wasm

# Writes one recorded review: the file and the line.
review() {
  sed -n "$2p" "e2e-tests/recordings/$1.jsonl" > "$BATS_TEST_TMPDIR/review.json"
}

run_policy() {
  run kwctl run "$policy" --request-path "$BATS_TEST_TMPDIR/review.json" --settings-json "${1:-{\}}"
  echo "$output"
}

@test "kwctl reads the metadata of the file that cargo writes" {
  run kwctl inspect "$policy"
  echo "$output"
  [ "$status" -eq 0 ]
  [[ "$output" == *"bulkhead"* ]]
}

@test "a recorded host path is refused with its place and its fix" {
  review host-access 5
  run_policy
  [ "$status" -eq 0 ]
  [[ "$output" == *'"allowed":false'* ]]
  [[ "$output" == *'"code":403'* ]]
  [[ "$output" == *"/spec/volumes/0/hostPath"* ]]
}

@test "an ordinary workload passes without a word" {
  review everyday 1
  run_policy
  [ "$status" -eq 0 ]
  [[ "$output" == *'"allowed":true'* ]]
  [[ "$output" != *'"warnings"'* ]]
}

@test "a cluster role with pod write passes with warnings, and is refused when the settings say so" {
  review pod-write 4
  run_policy
  [ "$status" -eq 0 ]
  [[ "$output" == *'"allowed":true'* ]]
  [[ "$output" == *'"warnings"'* ]]
  run_policy '{"podWrite": {"deny": "high"}}'
  [ "$status" -eq 0 ]
  [[ "$output" == *'"allowed":false'* ]]
}

@test "wrong settings are refused with every mistake" {
  review everyday 1
  run_policy '{"onUpdate": "never", "hostAcces": {}}'
  [ "$status" -ne 0 ]
  [[ "$output" == *"onUpdate"* ]]
  [[ "$output" == *"hostAcces"* ]]
}
