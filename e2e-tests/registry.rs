//! The policy through a real registry: Debian's `docker-registry`, on the loopback, with its own
//! configuration and folder. `make test` installs it, skopeo and openssl where it can; where they are
//! missing this test says so and is no failure, unless `REGISTRY_TEST=required`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use xtask::metadata::Metadata;
use xtask::oci;

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Leads to the loopback as well, and is no address of it to the command, which speaks plain HTTP
/// there.
const NOT_LOOPBACK: &str = "0.0.0.0";

/// A registry of our own, which ends with this.
struct Registry {
    process: Child,
    /// `127.0.0.1:` and a port.
    host: String,
    /// What it keeps, and what the test writes.
    folder: TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether a command can be started.
fn is_there(command: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(command).is_file())
}

impl Registry {
    /// Starts one, if what it takes is installed.
    fn start() -> Option<Self> {
        Self::start_with(|_| String::new())
    }

    /// The same over TLS, with a certificate for [`NOT_LOOPBACK`] that nobody knows.
    fn start_over_tls() -> Option<Self> {
        Self::start_with(|folder| {
            let [certificate, key] = ["certificate.pem", "key.pem"].map(|file| folder.join(file));
            let output = Command::new("openssl")
                .args(["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=test"])
                .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
                .arg("-addext")
                .arg(format!("subjectAltName=IP:{NOT_LOOPBACK}"))
                .args(["-addext", "basicConstraints=critical,CA:FALSE"])
                .arg("-keyout")
                .arg(&key)
                .arg("-out")
                .arg(&certificate)
                .output()
                .unwrap();
            assert!(output.status.success(), "{output:?}");
            let [certificate, key] = [certificate.display(), key.display()];
            format!(", tls: {{certificate: {certificate}, key: {key}}}")
        })
    }

    /// Starts one with more configuration of its listener, made in its folder.
    fn start_with(http: impl FnOnce(&Path) -> String) -> Option<Self> {
        let missing: Vec<&str> = ["docker-registry", "openssl", "skopeo"]
            .into_iter()
            .filter(|command| !is_there(command))
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(" ");
            assert!(
                std::env::var_os("REGISTRY_TEST").is_none_or(|value| value != "required"),
                "missing: {missing}; `.ci/tools {missing}` gets what it can"
            );
            // Not by `eprintln!`, which the test harness would keep to itself.
            let _ = writeln!(
                io::stderr(),
                "\nSKIPPED: nothing is pushed to a registry, {missing} is missing; `.ci/tools \
                 {missing}` gets what it can\n"
            );
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        // Free now, and given out again last.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let host = format!("127.0.0.1:{port}");
        let configuration = folder.path().join("registry.yml");
        let storage = folder.path().join("storage");
        let http = http(folder.path());
        let text = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: \
             {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '{host}'{http}}}\n",
            storage.display()
        );
        fs::write(&configuration, text).unwrap();
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(&configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Self {
            process,
            host,
            folder,
        };
        registry.wait();
        Some(registry)
    }

    /// Until it listens.
    fn wait(&self) {
        let end = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(&self.host).is_err() {
            assert!(Instant::now() < end, "the registry does not start");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Pushes the built-in policy as `make push` does, and returns its digest.
    fn push(&self, name: &str) -> String {
        let layout = self.folder.path().join("layout");
        let metadata = Metadata::of(Path::new(PROJECT)).unwrap();
        let digest = oci::write(&layout, bulkhead::POLICY, &metadata).unwrap();
        skopeo(&[
            "--dest-tls-verify=false",
            &format!("oci:{}", layout.display()),
            &format!("docker://{}/{name}", self.host),
        ]);
        digest
    }
}

#[track_caller]
fn skopeo(arguments: &[&str]) {
    // Without a policy for signatures, which not every machine has.
    let output = Command::new("skopeo")
        .args(["--insecure-policy", "copy"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// The blobs of a layout, by their hashes.
fn blobs(layout: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(layout.join("blobs/sha256")).unwrap();
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

#[test]
fn what_is_pushed_comes_back_byte_for_byte() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let digest = registry.push("policies/bulkhead:v0");
    let folder = registry.folder.path();
    let back = folder.join("back");
    skopeo(&[
        "--src-tls-verify=false",
        &format!("docker://{}/policies/bulkhead@{digest}", registry.host),
        &format!("oci:{}:v0", back.display()),
    ]);
    let [pushed, pulled] = [folder.join("layout"), back].map(|layout| blobs(&layout));
    assert_eq!(pushed.len(), 3);
    assert!(pushed == pulled, "{:?} {:?}", pushed.keys(), pulled.keys());
}

/// The same case, through the policy that is built in and through the one that was pushed.
#[cfg(feature = "registry")]
#[test]
fn what_is_pushed_judges_as_the_built_in_one() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let digest = registry.push("policies/bulkhead:v0");
    let repository = format!("{}/policies/bulkhead", registry.host);
    let replay = |policy: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_bulkhead"))
            .current_dir(PROJECT)
            .args(["replay", "--format", "json", "--fail-on", "never"])
            .args(policy)
            .arg("e2e-tests/recordings/host-access.jsonl")
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let expected = replay(&[]);
    assert_eq!(expected.0, Some(0));
    assert!(!expected.1.is_empty());
    for reference in [
        format!("oci://{repository}:v0"),
        format!("registry://{repository}:v0"),
        format!("registry://{repository}@{digest}"),
        format!("oci://{repository}:v0@{digest}"),
    ] {
        assert!(replay(&["--policy", &reference]) == expected, "{reference}");
    }
    let other = digest.replace(|digit: char| digit.is_ascii_digit(), "0");
    let (code, output) = replay(&["--policy", &format!("oci://{repository}@{other}")]);
    assert_eq!((code, output.as_str()), (Some(2), ""));
}

#[cfg(all(feature = "registry", target_os = "linux"))]
#[test]
fn over_tls_a_registry_is_believed_only_by_a_certificate_that_is_trusted() {
    let Some(registry) = Registry::start_over_tls() else {
        return;
    };
    let digest = registry.push("policies/bulkhead:v0");
    let (_, port) = registry.host.split_once(':').unwrap();
    let reference = format!("oci://{NOT_LOOPBACK}:{port}/policies/bulkhead@{digest}");
    let replay = |trusted: Option<&Path>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.args(["replay", "--fail-on", "never", "--policy", &reference]);
        command.arg("e2e-tests/recordings/host-access.jsonl");
        command.current_dir(PROJECT).env_remove("SSL_CERT_FILE");
        command.envs(trusted.map(|file| ("SSL_CERT_FILE", file)));
        command.output().unwrap()
    };
    let output = replay(Some(&registry.folder.path().join("certificate.pem")));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!output.stdout.is_empty());

    let output = replay(None);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!(
            "error: {reference}: https://{NOT_LOOPBACK}:{port}/v2/policies/bulkhead/manifests/\
             {digest}: the registry's certificate is signed by nobody whom this machine trusts: \
             name a file with the signer's certificate in `SSL_CERT_FILE`\n"
        )
    );
}
