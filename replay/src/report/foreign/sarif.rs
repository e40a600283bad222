//! SARIF 2.1.0: one run, whose rules are the catalogue and whose results are the findings. The
//! results are written as they come; what could not be judged stands behind them.
//!
//! Source: the OASIS standard `sarif-v2.1.0`, and what GitHub's code scanning reads of it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use intake::Position;
use serde_json::{Value, json};

use super::{Foreign, Setting, Told, Unjudged, exemption};
use crate::answer::Severity;
use crate::catalog::{Catalog, Rule};
use crate::outcome::{Judged, Source};
use crate::report::json::line;
use crate::tally::Tally;

/// Notifications that are kept for the end; those beyond are counted.
const NOTIFICATIONS: usize = 10_000;

/// A SARIF log in the making.
pub(in crate::report) struct Sarif {
    /// The place of each rule among the rules.
    rules: BTreeMap<String, usize>,
    /// The folder that relative paths are from.
    folder: Option<PathBuf>,
    has_results: bool,
    notifications: Vec<Value>,
    more: u64,
}

impl Sarif {
    pub(in crate::report) fn new() -> Self {
        Self {
            rules: BTreeMap::new(),
            folder: std::env::current_dir().ok(),
            has_results: false,
            notifications: Vec::new(),
            more: 0,
        }
    }

    fn notify(&mut self, notification: Value) {
        if self.notifications.len() < NOTIFICATIONS {
            self.notifications.push(notification);
        } else {
            self.more += 1;
        }
    }

    fn result(&self, told: &Told<'_>) -> Value {
        let Told { finding, .. } = told;
        let mut result = json!({
            "ruleId": finding.rule,
            "level": level(finding.severity),
            "message": {"text": format!("{}: {}", told.object(), finding.message)},
            "locations": [self.location(told)],
            "partialFingerprints": {"bulkheadFinding/v1": told.identity()},
            "properties": told.details(),
        });
        if let Some(place) = self.rules.get(&finding.rule) {
            insert(&mut result, "ruleIndex", json!(place));
        }
        if let Some(exempted) = &finding.exempted {
            let justification = exemption(exempted);
            let suppression =
                json!({"kind": "external", "status": "accepted", "justification": justification});
            insert(&mut result, "suppressions", json!([suppression]));
        }
        result
    }

    fn location(&self, told: &Told<'_>) -> Value {
        let object = told.object();
        let name = format!("{object}{}", told.finding.path);
        let mut location = self.place(&told.judged.source, told.position);
        let logical = json!([{"fullyQualifiedName": name, "name": object, "kind": "object"}]);
        insert(&mut location, "logicalLocations", logical);
        location
    }

    /// A place in a file: the position, or else the line of the case, where one is known.
    fn place(&self, source: &Source, position: Option<Position>) -> Value {
        let uri = uri(&source.file, self.folder.as_deref());
        let mut place = json!({"artifactLocation": {"uri": uri}});
        match (position, source.line) {
            (Some(Position { line, column }), _) => {
                let region = json!({"startLine": line, "startColumn": column});
                insert(&mut place, "region", region);
            }
            (None, Some(line)) => insert(&mut place, "region", json!({"startLine": line})),
            (None, None) => {}
        }
        json!({"physicalLocation": place})
    }
}

impl Foreign for Sarif {
    fn begin(&mut self, setting: &Setting, out: &mut dyn Write) -> io::Result<()> {
        self.rules = setting.catalog.places();
        let Catalog { policy, rules, .. } = &setting.catalog;
        let rules = rules.iter().map(|rule| descriptor(rule, &setting.catalog));
        let driver = json!({
            "name": policy.name,
            "semanticVersion": policy.version,
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rules.collect::<Vec<_>>(),
        });
        let driver = line(&driver);
        write!(
            out,
            "{{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\
             \"runs\":[{{\"columnKind\":\"unicodeCodePoints\",\"tool\":{{\"driver\":{}}},\n\
             \"results\":[",
            driver.trim_end()
        )
    }

    fn judged(
        &mut self,
        setting: &Setting,
        judged: &Judged,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        for told in Told::of(judged, setting) {
            let separator = if self.has_results { ",\n" } else { "\n" };
            self.has_results = true;
            let result = line(&self.result(&told));
            write!(out, "{separator}{}", result.trim_end())?;
        }
        if judged.omitted > 0 {
            let text = format!("{} more findings are not listed", judged.omitted);
            let location = self.place(&judged.source, None);
            self.notify(notification("warning", "omitted", &text, Some(location)));
        }
        Ok(())
    }

    fn unjudged(
        &mut self,
        _: &Setting,
        unjudged: &Unjudged<'_>,
        _: &mut dyn Write,
    ) -> io::Result<()> {
        let text = unjudged.sentence();
        let level = match unjudged.audit {
            Some(_) => "warning",
            None => "error",
        };
        let location = self.place(unjudged.source, None);
        self.notify(notification(level, unjudged.reason, &text, Some(location)));
        Ok(())
    }

    fn finish(&mut self, tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
        if self.more > 0 {
            let text = format!("and {} more, `--format json` lists them all", self.more);
            self.notifications
                .push(notification("error", "more", &text, None));
        }
        let invocations = line(&json!([{
            "executionSuccessful": !tally.incomplete(),
            "exitCode": tally.exit_code(),
            "toolExecutionNotifications": self.notifications,
        }]));
        writeln!(out, "],\n\"invocations\":{}}}]}}", invocations.trim_end())
    }
}

fn notification(level: &str, reason: &str, text: &str, location: Option<Value>) -> Value {
    json!({
        "level": level,
        "descriptor": {"id": reason},
        "message": {"text": text},
        "locations": location.into_iter().collect::<Vec<_>>(),
    })
}

/// A rule of the catalogue.
fn descriptor(rule: &Rule, catalog: &Catalog) -> Value {
    let mut tags = vec!["security".to_owned(), "kubernetes".to_owned()];
    tags.extend(rule.alert.clone());
    let techniques = rule.techniques.iter();
    tags.extend(techniques.map(|technique| format!("mitre-attack/{technique}")));
    let mut descriptor = json!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": some(&rule.finds, &rule.title)},
        "defaultConfiguration": {"level": level(rule.severity)},
        "help": {"text": some(&help(rule, ""), &rule.title), "markdown": some(&help(rule, "`"), &rule.title)},
        "properties": {
            "tags": tags,
            "alert": catalog.alert(rule),
            "severity": rule.severity.name(),
            "security-severity": score(rule.severity),
            "precision": "high",
        },
    });
    if let Some(uri) = rule.references.first() {
        insert(&mut descriptor, "helpUri", json!(uri));
    }
    descriptor
}

/// Why it matters and what to do, with examples; `fence` is the mark of Markdown, or nothing.
fn help(rule: &Rule, fence: &str) -> String {
    let fence = fence.repeat(3);
    let example = |manifest: &str| match fence.as_str() {
        "" => manifest.to_owned(),
        fence => format!("{fence}yaml\n{}\n{fence}", manifest.trim_end()),
    };
    let parts = [
        ("", rule.why.clone()),
        ("Bad:\n\n", example(&rule.bad)),
        ("Good:\n\n", example(&rule.good)),
        ("", rule.fix.clone()),
    ];
    let given = parts.iter().filter(|(_, text)| !text.is_empty());
    let given: Vec<String> = given
        .map(|(title, text)| format!("{title}{text}"))
        .collect();
    given.join("\n\n")
}

/// Adds a member to an object.
fn insert(whole: &mut Value, member: &str, value: Value) {
    if let Some(members) = whole.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
}

/// A text, or another where it is empty: SARIF wants one.
fn some<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.is_empty() { other } else { text }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// As GitHub shows it: above 9.0 critical, from 7.0 high, from 4.0 medium, below low.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
    }
}

/// The address of a file: relative where it lies below `folder`, or was given so.
fn uri(file: &str, folder: Option<&Path>) -> String {
    let path = Path::new(file);
    let below = folder.and_then(|folder| path.strip_prefix(folder).ok());
    let path = below.unwrap_or(path);
    let relative = path.to_string_lossy().replace('\\', "/");
    let relative = relative.strip_prefix("./").unwrap_or(&relative);
    let mut uri = String::from(if path.is_absolute() { "file://" } else { "" });
    for byte in relative.bytes() {
        match byte {
            // the unreserved characters of RFC 3986, and what may stand in a path
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;
    use std::path::Path;

    #[test]
    fn addresses_are_relative_where_they_can_be() {
        let of = |file| uri(file, Some(Path::new("/home/bob/repo")));
        assert_eq!(of("deploy/web.yaml"), "deploy/web.yaml");
        assert_eq!(of("./web.yaml"), "web.yaml");
        assert_eq!(of("/home/bob/repo/a b.yaml"), "a%20b.yaml");
        assert_eq!(of("/etc/ä:%.yaml"), "file:///etc/%C3%A4%3A%25.yaml");
        assert_eq!(of("-"), "-");
    }
}
