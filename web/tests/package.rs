//! The package as its users get it: packed, installed by npm, and asked from both kinds of modules.
//! `make test` installs node, npm and what `web/package-lock.json` names where it can; where they
//! are missing the tests say so and are no failure, unless `WEB_TEST=required`.

#![expect(clippy::unwrap_used, reason = "this is a test")]

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use intake::{Feed, Item};
use tempfile::TempDir;
use xtask::web;

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Most bytes of wasm, before compression.
const BUDGET: usize = 650_000;

/// A folder in which the package was installed, with its modules that ask.
struct Installed(TempDir);

static INSTALLED: LazyLock<Option<Installed>> = LazyLock::new(|| {
    let missing: Vec<&str> = ["node", "npm"]
        .into_iter()
        .filter(|command| find(command).is_none())
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(" and ");
        skip(
            "the package for browsers and Node is not tried",
            &format!("{missing}, which `.ci/tools nodejs npm` gets where it can,"),
        );
        return None;
    }
    if !Path::new(PROJECT).join(web::OPTIMIZER).is_file() {
        skip(
            "the package for browsers and Node is not tried",
            "what `cd web && npm ci` gets",
        );
        return None;
    }
    Some(Installed::new())
});

/// Says what is not tried, and fails where it has to be.
fn skip(what: &str, missing: &str) {
    assert!(
        std::env::var_os("WEB_TEST").is_none_or(|value| value != "required"),
        "{what}: {missing} is missing"
    );
    // Not by `eprintln!`, which the test harness would keep to itself.
    let _ = writeln!(io::stderr(), "\nSKIPPED: {what}, {missing} is missing\n");
}

/// Where a command is.
fn find(command: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let mut paths = std::env::split_paths(&paths).map(|folder| folder.join(command));
    paths.find(|path| path.is_file())
}

impl Installed {
    /// Builds the package as `make web` does, packs it, and installs what was packed.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("package");
        let size = web::write(Path::new(PROJECT), &compiled(), &package).unwrap();
        let wasm = fs::read(package.join("bulkhead_bg.wasm")).unwrap();
        let wasm = String::from_utf8_lossy(&wasm);
        for place in ["/registry/src/", "/rustlib/src/"] {
            assert!(!wasm.contains(place), "a place of the machine is in it");
        }
        assert!(size <= BUDGET, "{size} bytes of wasm");
        run(folder.path(), "npm", &["pack", "./package"]);
        let packed = format!("./bulkhead-{}.tgz", xtask::VERSION);
        fs::write(folder.path().join("package.json"), "{}").unwrap();
        run(
            folder.path(),
            "npm",
            &["install", "--offline", "--no-audit", "--no-fund", &packed],
        );
        let tests = Path::new(PROJECT).join("web/tests");
        for name in ["answers.mjs", "behaviour.mjs"] {
            fs::copy(tests.join(name), folder.path().join(name)).unwrap();
        }
        for (name, text) in [
            (
                "ask.mjs",
                "import * as bulkhead from \"bulkhead\";\nimport { answer } from \
                 \"./answers.mjs\";\nanswer(bulkhead);\n",
            ),
            (
                "ask.cjs",
                "const bulkhead = require(\"bulkhead\");\nimport(\"./answers.mjs\").then(({ answer \
                 }) => answer(bulkhead));\n",
            ),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    /// What a module answers.
    fn ask(&self, module: &str, questions: &str) -> String {
        let mut node = Command::new("node")
            .current_dir(self.0.path())
            .arg(module)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = node.stdin.take().unwrap();
        let questions = questions.to_owned();
        let writer = std::thread::spawn(move || input.write_all(questions.as_bytes()));
        let output = node.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(output.status.success(), "{module}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The compiled crate, in the directory that `make web` uses.
fn compiled() -> PathBuf {
    let target = Path::new(PROJECT).join("target/web");
    let flags = Command::new(".ci/without-paths")
        .current_dir(PROJECT)
        .output()
        .unwrap();
    assert_success(&flags);
    let status = Command::new(env!("CARGO"))
        .current_dir(PROJECT)
        .args(["build", "--locked", "--package", "bulkhead-web"])
        .args(["--profile", "web", "--target", "wasm32-unknown-unknown"])
        .arg("--target-dir")
        .arg(&target)
        .env_remove("RUSTFLAGS")
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            String::from_utf8(flags.stdout).unwrap(),
        )
        .status()
        .unwrap();
    assert!(
        status.success(),
        "is the target installed? rustup target add wasm32-unknown-unknown"
    );
    target.join(web::COMPILED)
}

#[track_caller]
fn run(folder: &Path, command: &str, arguments: &[&str]) {
    let output = Command::new(command)
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    assert_success(&output);
}

#[track_caller]
fn assert_success(output: &Output) {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The files below a folder of the project that end like this, in order.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![fs::canonicalize(Path::new(PROJECT).join(folder)).unwrap()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with(ending) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn items(path: &Path) -> Vec<Item> {
    let mut feed = Feed::default();
    feed.push(&fs::read(path).unwrap());
    feed.end();
    feed.collect()
}

/// Every recorded request and every fixture, from the file to the answer.
#[test]
fn answers_as_the_native_build_does() {
    let Some(installed) = &*INSTALLED else {
        return;
    };
    let mut questions = String::from("catalog\n\nprotocol_version\n\n");
    let mut expected = vec![
        String::from_utf8(policy::catalog()).unwrap(),
        String::from_utf8(policy::protocol_version()).unwrap(),
    ];
    for settings in ["{}", "null", "7", r#"{"rules":{"host-pid":7},"x":1}"#, "{"] {
        questions += &format!("validate_settings\n{settings}\n");
        let answer = policy::validate_settings(settings.as_bytes());
        expected.push(String::from_utf8(answer).unwrap());
    }
    let mut inputs = files("tests/fixtures", ".yaml");
    inputs.extend(files("e2e-tests/recordings", ".jsonl"));
    inputs.extend(files("e2e-tests/audit", ".jsonl"));
    let mut judged = 0;
    for path in &inputs {
        questions += &format!("cases\n{}\n", path.display());
        let items = items(path);
        expected.extend(items.iter().map(line));
        for item in &items {
            let Item::Case(case) = item else { continue };
            judged += 1;
            // JSON text without line breaks is what a question has room for
            let request: Box<serde_json::value::RawValue> =
                serde_json::from_str(case.request()).unwrap();
            let request = request.get().replace(['\n', '\r'], " ");
            let payload = format!("{{\"request\":{request},\"settings\":{{}}}}");
            for (operation, native) in [
                ("inspect", policy::inspect as fn(&[u8]) -> Vec<u8>),
                ("validate", policy::validate),
            ] {
                questions += &format!("{operation}\n{payload}\n");
                expected.push(String::from_utf8(native(payload.as_bytes())).unwrap());
            }
        }
    }
    assert!(judged > 300, "{judged}");
    for module in ["ask.mjs", "ask.cjs"] {
        let given = installed.ask(module, &questions);
        let given: Vec<&str> = given.lines().collect();
        assert_eq!(given.len(), expected.len(), "{module}");
        for (given, expected) in given.iter().zip(&expected) {
            assert!(given == expected, "{module}\n- {expected}\n+ {given}");
        }
    }
}

/// An item as `answers.mjs` shows it: its type, its place, and what it says.
fn line(item: &Item) -> String {
    fn json<T: serde::Serialize>(part: Option<T>) -> String {
        part.map_or_else(String::new, |part| serde_json::to_string(&part).unwrap())
    }
    let line = |kind, place: intake::Place, rest: [String; 4]| {
        let intake::Place {
            line,
            document,
            item,
        } = place;
        format!("{kind} {line} {document} {item} {}", rest.join(" "))
    };
    let none = String::new;
    match item {
        Item::Case(case) => {
            let audit = json(case.audit.as_ref());
            let request = case.request().to_owned();
            line("case", case.place, [request, audit, none(), none()])
        }
        Item::Unjudged(unjudged) => {
            let audit = json(Some(&unjudged.audit));
            let message = json(Some(unjudged.gap.to_string()));
            let request = unjudged.request.clone();
            line("gap", unjudged.place, [request, audit, none(), message])
        }
        Item::Skipped(skipped) => {
            let message = json(Some(skipped.reason.to_string()));
            line("skipped", skipped.place, [none(), none(), none(), message])
        }
        Item::Broken(broken) => {
            let (line, message) = (json(Some(broken.line)), json(Some(&broken.message)));
            format!("broken      {line} {message}")
        }
    }
}

#[test]
fn behaves_as_its_types_say() {
    let Some(installed) = &*INSTALLED else {
        return;
    };
    run(installed.0.path(), "node", &["--test", "behaviour.mjs"]);
}

#[test]
fn holds_what_it_names_and_nothing_else() {
    let Some(installed) = &*INSTALLED else {
        return;
    };
    let folder = installed.0.path().join("node_modules/bulkhead");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "LICENSE",
            "README.md",
            "bulkhead.cjs",
            "bulkhead.d.cts",
            "bulkhead.d.ts",
            "bulkhead.js",
            "bulkhead_bg.wasm",
            "node.mjs",
            "package.json",
        ]
    );
    let license = fs::read(folder.join("LICENSE")).unwrap();
    assert!(license == fs::read(Path::new(PROJECT).join("LICENSE")).unwrap());
    let package = fs::read_to_string(folder.join("package.json")).unwrap();
    for expected in [
        format!("\"version\": \"{}\"", xtask::VERSION),
        "\"license\": \"Apache-2.0\"".to_owned(),
        format!("\"url\": \"git+{}.git\"", env!("CARGO_PKG_REPOSITORY")),
    ] {
        assert!(package.contains(&expected), "{expected}");
    }
}

/// The README's examples, and what `require` gives, checked against the types by TypeScript.
#[test]
fn its_readme_fits_its_types() {
    let Some(installed) = &*INSTALLED else {
        return;
    };
    let compiler = Path::new(PROJECT).join("web/node_modules/typescript/bin/tsc");
    if !compiler.is_file() {
        skip("types are not tried", "what `cd web && npm ci` gets");
        return;
    }
    let readme = fs::read_to_string(Path::new(PROJECT).join("web/npm/README.md")).unwrap();
    let examples = readme.split("```js\n").skip(1);
    let examples: Vec<&str> = examples
        .map(|rest| rest.split_once("```").unwrap().0)
        .collect();
    let files = [
        ("readme.mts", examples.join("")),
        (
            "required.cts",
            "import init, { cases, init as same } from \"bulkhead\";\nconst nothing: \
             Promise<void>[] = [init(), same()];\nfor (const item of cases(\"\")) item.type;\n"
                .to_owned(),
        ),
        (
            "node.d.ts",
            "declare module \"node:fs\" {\n  export function createReadStream(path: string): \
             AsyncIterable<Uint8Array>;\n}\n"
                .to_owned(),
        ),
    ];
    for (name, text) in files {
        fs::write(installed.0.path().join(name), text).unwrap();
    }
    let arguments = [
        compiler.to_str().unwrap(),
        "--strict",
        "--noEmit",
        "--module",
        "nodenext",
        "--lib",
        "esnext,dom",
        "node.d.ts",
        "readme.mts",
        "required.cts",
    ];
    run(installed.0.path(), "node", &arguments);
}

/// What the page does away from the browser, with the package as it was installed.
#[test]
fn the_page_works_things_out_by_itself() {
    let Some(installed) = &*INSTALLED else {
        return;
    };
    let web = Path::new(PROJECT).join("web");
    if !web.join("node_modules/yaml").is_dir() {
        skip(
            "what the page does by itself is not tried",
            "what `cd web && npm ci` gets",
        );
        return;
    }
    let output = Command::new("node")
        .current_dir(&web)
        .args([
            "--test",
            "tests/correct.mjs",
            "tests/kept.mjs",
            "tests/policy.mjs",
            "tests/rbac.mjs",
            "tests/stacks.mjs",
        ])
        .env("BULKHEAD", installed.0.path().join("node_modules/bulkhead"))
        .output()
        .unwrap();
    assert_success(&output);
}

/// The package and the page, bundled from it as it was installed, in headless Chromium by real
/// input.
#[test]
fn they_work_in_a_browser() {
    let Some(installed) = &*INSTALLED else {
        return;
    };
    let web = Path::new(PROJECT).join("web");
    let browsers = ["chromium", "google-chrome"];
    let Some(browser) = browsers.into_iter().find_map(find) else {
        skip(
            "the page and the package in a browser are not tried",
            "chromium, which `.ci/tools chromium` gets where it can,",
        );
        return;
    };
    let package = installed.0.path().join("node_modules/bulkhead");
    run(&web, "node", &["page/build.mjs", package.to_str().unwrap()]);
    let output = Command::new("node")
        .current_dir(&web)
        .args([
            "--test",
            "tests/files.mjs",
            "tests/large.mjs",
            "tests/page.mjs",
            "tests/place.mjs",
            "tests/readme.mjs",
            "tests/share.mjs",
            "tests/timeline.mjs",
        ])
        .env("BULKHEAD", &package)
        .env("CHROMIUM", browser)
        .output()
        .unwrap();
    assert_success(&output);
}

/// What npm's registry and bundlers want of a package.
#[test]
fn is_a_package_by_the_rules() {
    let Some(installed) = &*INSTALLED else {
        return;
    };
    let publint = Path::new(PROJECT).join("web/node_modules/publint/src/cli.js");
    let publint = publint.to_str().unwrap();
    run(
        installed.0.path(),
        "node",
        &[publint, "run", "./package", "--strict", "--pack", "false"],
    );
}
