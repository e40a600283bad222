# Targets that Kubewarden's own policies have too, and the two of the README: `replay` and `test`.

CARGO ?= cargo
XTASK := $(CARGO) run --quiet --locked --package xtask --
WASM := target/policy/wasm32-wasip1/release/policy.wasm

# Every target that compiles needs what `rust-toolchain.toml` names. rustup installs it by itself,
# unless it was told not to (`RUSTUP_AUTO_INSTALL=0`) or had this toolchain already, without them.
replay test lint policy.wasm web bench built-in-roles artifacthub-pkg.yml: toolchain

.PHONY: toolchain
toolchain:
	@command -v rustup >/dev/null || exit 0; \
	rustup show active-toolchain >/dev/null 2>&1 || rustup toolchain install; \
	rustup --quiet target add wasm32-wasip1 wasm32-unknown-unknown

.PHONY: replay
replay: ## build everything and replay the recorded requests
	$(CARGO) run --release --locked --package bulkhead -- replay --fail-on never e2e-tests/recordings

.PHONY: test
test: fmt lint ## check the format, lint, and run every test
	@.ci/tools docker-registry openssl skopeo || echo "without them, nothing is pushed to a registry" >&2
	@.ci/tools node:nodejs npm google-chrome:chromium || echo "without them, the package for browsers and Node and the page are not tried" >&2
	@command -v npm >/dev/null && (cd web && npm ci --no-audit --no-fund) || echo "without what \`web/package-lock.json\` names, the package for browsers and Node and the page are not tried" >&2
	PATH="$(CURDIR)/target/tools/usr/bin:$$PATH" $(CARGO) test --workspace --locked

# The directory of its own is shared with replay/build.rs, which builds the same module.
.PHONY: policy.wasm
policy.wasm: ## build the policy, metadata included
	CARGO_ENCODED_RUSTFLAGS="$$(.ci/without-paths)" \
	$(CARGO) build --release --locked --package bulkhead-policy --target wasm32-wasip1 --target-dir target/policy
	cp $(WASM) policy.wasm

.PHONY: web
web: ## build the package for browsers and Node, into target/web/bulkhead
	@.ci/tools node:nodejs npm
	cd web && npm ci --no-audit --no-fund
	CARGO_ENCODED_RUSTFLAGS="$$(.ci/without-paths)" \
	$(CARGO) build --locked --package bulkhead-web --profile web --target wasm32-unknown-unknown --target-dir target/web
	$(XTASK) web target/web/wasm32-unknown-unknown/web/bulkhead.wasm target/web/bulkhead

.PHONY: page
page: web ## build the page, one file: web/page/dist/index.html
	cd web && node page/build.mjs

.PHONY: fmt
fmt: ## check the format
	$(CARGO) fmt --all -- --check

.PHONY: lint
lint: ## lint the workspace, and what is compiled to Wasm
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(CARGO) clippy --package bulkhead --no-default-features --locked -- -D warnings
	$(CARGO) clippy --locked --package bulkhead-policy --target wasm32-wasip1 -- -D warnings
	$(CARGO) clippy --locked --package bulkhead-policy --package bulkhead-intake --package bulkhead-web --target wasm32-unknown-unknown -- -D warnings

.PHONY: bench
bench: ## print the ratios that the project holds itself to
	$(CARGO) bench --locked

.PHONY: built-in-roles
built-in-roles: ## derive what Kubernetes' own roles give from SNAPSHOT, a `kubectl get clusterroles -o json`
	$(CARGO) run --quiet --locked --example built-in-roles -- $(SNAPSHOT) > src/built_in/roles.txt.new
	mv src/built_in/roles.txt.new src/built_in/roles.txt

# The day that a version is first written; one that is there keeps its own.
TODAY ?= $(shell date -u +%Y-%m-%dT00:00:00Z)

.PHONY: artifacthub-pkg.yml
artifacthub-pkg.yml: ## write what Artifact Hub shows of the policy, from its metadata
	$(XTASK) artifacthub-pkg $(TODAY)

.PHONY: oci
oci: policy.wasm ## write the policy as an OCI layout, target/oci, and print its digest
	$(XTASK) oci policy.wasm target/oci

.PHONY: push-where
push-where:
	@test -n "$(REF)" || { echo "push where? make push REF=ghcr.io/me/bulkhead:v0.1.0" >&2; exit 2; }

# skopeo pushes the very bytes of the layout, so that the digest is the one that `make oci` prints.
# kwctl makes a manifest of its own.
.PHONY: push
push: push-where oci ## push the policy to a registry: REF=ghcr.io/me/bulkhead:v0.1.0
	@if .ci/tools skopeo; then \
		set -x; skopeo copy $(SKOPEO_FLAGS) oci:target/oci docker://$(REF); \
	elif command -v kwctl >/dev/null; then \
		set -x; kwctl push policy.wasm registry://$(REF); \
	else \
		exit 1; \
	fi

# Without the system's C library, so that nothing else has to be in the image.
MUSL ?= $(shell uname -m)-unknown-linux-musl
IMAGE ?= bulkhead

.PHONY: static
static: toolchain ## build the command for any Linux, without the system's libraries
	@.ci/tools musl-gcc:musl-tools
	rustup --quiet target add $(MUSL)
	$(CARGO) build --release --locked --package bulkhead --target $(MUSL)

.PHONY: image
image: static ## build the container image of the command: IMAGE=name
	mkdir -p target/image
	cp target/$(MUSL)/release/bulkhead /etc/ssl/certs/ca-certificates.crt target/image
	@command -v docker >/dev/null || .ci/tools podman
	$$(command -v podman || command -v docker) build --tag $(IMAGE) --file Dockerfile target/image

.PHONY: archive
archive: static ## pack the command for a release, into target/archives
	.ci/archive target/$(MUSL)/release/bulkhead $(MUSL) target/archives

.PHONY: e2e-tests
e2e-tests: e2e-tools policy.wasm ## run the policy in the real kwctl
	bats e2e-tests

.PHONY: e2e-tools
e2e-tools:
	@missing=0; \
	.ci/tools bats || missing=1; \
	command -v kwctl >/dev/null || { missing=1; \
		echo "kwctl is missing: take it from https://github.com/kubewarden/adm-controller/releases, or 'brew install kwctl'" >&2; }; \
	exit $$missing

.PHONY: clean
clean: ## remove what was built
	$(CARGO) clean
	rm -f policy.wasm
