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
  run kwctl inspect --output yaml "$policy"
  echo "$output"
  [ "$status" -eq 0 ]
  [[ "$output" == *"io.kubewarden.policy.title: bulkhead"* ]]
  [[ "$output" == *"executionMode: kubewarden-wapc"* ]]
  [[ "$output" == *"minimumKubewardenVersion"* ]]
  [[ "$output" == *"pods/ephemeralcontainers"* ]]
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

@test "what an update adds is refused, what was there before is not" {
  review updates 11
  run_policy
  [ "$status" -eq 0 ]
  [[ "$output" == *'"allowed":false'* ]]
  review updates 12
  run_policy
  [ "$status" -eq 0 ]
  [[ "$output" == *'"allowed":true'* ]]
}

@test "every setting of the presets is taken" {
  review everyday 1
  for preset in presets/*.yaml; do
    run kwctl run "$policy" --request-path "$BATS_TEST_TMPDIR/review.json" --settings-path "$preset"
    echo "$preset: $output"
    [ "$status" -eq 0 ]
    [[ "$output" == *'"allowed":true'* ]]
  done
}

@test "the manifest that users apply is run as it is" {
  review host-access 5
  sed "s|registry://.*|file://$PWD/$policy|" deploy/monitor/policy.yaml > "$BATS_TEST_TMPDIR/policy.yaml"
  run kwctl run "$BATS_TEST_TMPDIR/policy.yaml" --request-path "$BATS_TEST_TMPDIR/review.json"
  echo "$output"
  [ "$status" -eq 0 ]
  [[ "$output" == *"/spec/volumes/0/hostPath"* ]]
}

@test "an object that cannot be read is refused with 422, never 500" {
  echo '{"uid": "1", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "resource": {"group": "", "version": "v1", "resource": "pods"}, "operation": "CREATE", "userInfo": {}, "object": {"spec": {"containers": 7}}}' > "$BATS_TEST_TMPDIR/review.json"
  run_policy
  [ "$status" -eq 0 ]
  [[ "$output" == *'"allowed":false'* ]]
  [[ "$output" == *'"code":422'* ]]
}

@test "kwctl makes of the metadata the same package for Artifact Hub" {
  run kwctl scaffold artifacthub --metadata-path policy-metadata/metadata.yml \
    --questions-path policy-metadata/questions-ui.yml --output "$BATS_TEST_TMPDIR/package.yml"
  echo "$output"
  [ "$status" -eq 0 ]
  for key in version name displayName description license homeURL; do
    [ "$(grep "^$key: " "$BATS_TEST_TMPDIR/package.yml")" = "$(grep "^$key: " artifacthub-pkg.yml)" ]
  done
}

@test "kwctl measures the policy" {
  review everyday 1
  run kwctl bench "$policy" --request-path "$BATS_TEST_TMPDIR/review.json" --settings-json '{}' \
    --num-samples 50 --warm-up-time 1 --measurement-time 2
  echo "$output"
  [ "$status" -eq 0 ]
  [[ "$output" == *"validate"* ]]
}
