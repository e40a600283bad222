//! JUnit's XML, for CI: a test case an object or request, a failure each finding at or above
//! `--fail-on`. All findings stand in `system-out` too, because many readers take one failure of
//! a case alone.
//!
//! There is no standard; this is what `junit-10.xsd` of Jenkins' xUnit plugin describes. A suite
//! says at its start how many cases it has, so that cases are held until a file ends, or until
//! there are [`CASES`].

use std::io::{self, Write};
use std::sync::Arc;

use super::{Foreign, Setting, Told, Unjudged, exemption};
use crate::answer::Request;
use crate::outcome::{Judged, Source};
use crate::report::objects::Key;
use crate::report::{nothing, place};
use crate::tally::{FailOn, Tally};
use crate::terminal::escaped;

/// Cases of one suite. A file with more has more suites.
const CASES: u64 = 1000;

/// A JUnit report in the making.
#[derive(Default)]
pub(in crate::report) struct Junit {
    /// The file of the suite that is being gathered, and which of its suites it is.
    file: Option<(Arc<str>, u64)>,
    cases: String,
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl Junit {
    /// Writes the suite that was gathered, if this case is not for it.
    fn suite(&mut self, source: &Source, out: &mut dyn Write) -> io::Result<()> {
        match &self.file {
            Some((file, _)) if *file == source.file && self.tests < CASES => Ok(()),
            Some((file, number)) if *file == source.file => {
                let next = number + 1;
                self.close(out)?;
                self.file = Some((Arc::clone(&source.file), next));
                Ok(())
            }
            _ => {
                self.close(out)?;
                self.file = Some((Arc::clone(&source.file), 1));
                Ok(())
            }
        }
    }

    fn close(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some((file, number)) = self.file.take() else {
            return Ok(());
        };
        let name = match number {
            1 => xml(&file),
            number => xml(&format!("{file} ({number})")),
        };
        let Self {
            cases,
            tests,
            failures,
            errors,
            skipped,
            ..
        } = self;
        write!(
            out,
            "<testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" \
             errors=\"{errors}\" skipped=\"{skipped}\">\n{cases}</testsuite>\n"
        )?;
        cases.clear();
        (*tests, *failures, *errors, *skipped) = (0, 0, 0, 0);
        Ok(())
    }

    /// Adds a case with what stands in it.
    fn case(&mut self, source: &Source, request: Option<&Request>, body: &str) {
        let name = match request.filter(|request| request.kind.is_some()) {
            Some(request) => name(request, source),
            None => place(&source.file, source.line),
        };
        self.tests += 1;
        self.cases.push_str(&format!(
            "<testcase classname=\"{}\" name=\"{}\">{body}</testcase>\n",
            xml(&source.file),
            xml(&name)
        ));
    }
}

impl Foreign for Junit {
    fn begin(&mut self, setting: &Setting, out: &mut dyn Write) -> io::Result<()> {
        let name = xml(&setting.catalog.policy.name);
        writeln!(
            out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{name}\">"
        )
    }

    fn judged(
        &mut self,
        setting: &Setting,
        judged: &Judged,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.suite(&judged.source, out)?;
        let mut body = String::new();
        let mut lines = String::new();
        for told in Told::of(judged, setting) {
            let text = said(&told);
            if setting.fail_on.is_reached(told.finding) {
                body.push_str(&failure(&told.finding.rule, &text, &more(&told)));
            }
            lines.push_str(&xml(&text));
            lines.push('\n');
        }
        if body.is_empty() && !judged.allowed && setting.fail_on == FailOn::Deny {
            body.push_str(&failure("deny", "the policy denies it", ""));
        }
        if judged.omitted > 0 {
            lines.push_str(&format!("and {} more findings\n", judged.omitted));
        }
        self.failures += u64::from(!body.is_empty());
        if !lines.is_empty() {
            body.push_str(&format!("<system-out>{lines}</system-out>"));
        }
        self.case(&judged.source, Some(&judged.request), &body);
        Ok(())
    }

    fn unjudged(
        &mut self,
        setting: &Setting,
        unjudged: &Unjudged<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.suite(unjudged.source, out)?;
        let element = match unjudged.audit {
            Some(_) if !setting.strict => {
                self.skipped += 1;
                "skipped"
            }
            _ => {
                self.errors += 1;
                "error"
            }
        };
        let body = format!(
            "<{element} type=\"{}\" message=\"{}\"/>",
            xml(unjudged.reason),
            xml(&unjudged.message)
        );
        self.case(unjudged.source, unjudged.request, &body);
        Ok(())
    }

    fn finish(&mut self, tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
        self.close(out)?;
        if let Some(nothing) = nothing::judged(tally).filter(|_| tally.strict && tally.is_void()) {
            // a document without cases passes wherever it is read
            write!(
                out,
                "<testsuite name=\"bulkhead\" tests=\"1\" failures=\"0\" errors=\"1\" \
                 skipped=\"0\">\n<testcase classname=\"bulkhead\" name=\"--strict\"><error \
                 type=\"nothing-judged\" message=\"{}\"/></testcase>\n</testsuite>\n",
                xml(&nothing)
            )?;
        }
        writeln!(out, "</testsuites>")
    }
}

/// `Pod team-a/web`; of a request with its operation and line, because readers keep one case of a
/// name.
fn name(request: &Request, source: &Source) -> String {
    let object = Key::of(request);
    match (&request.user, source.line) {
        (None, _) => object.to_string(),
        (Some(user), line) => {
            let operation = request.operation.as_deref().unwrap_or_default();
            let line = line.map(|line| format!(", line {line}"));
            format!("{operation} {object} by {user}{}", line.unwrap_or_default())
        }
    }
}

/// `HIGH host-pid at /spec/hostPID: sees every process of the node`.
fn said(told: &Told<'_>) -> String {
    let finding = told.finding;
    let severity = finding.severity.name().to_uppercase();
    let action = match &finding.exempted {
        Some(exempted) => format!("exempted by {}", exemption(exempted)),
        None => finding.action.name().to_owned(),
    };
    let file = place(&told.judged.source.file, told.line());
    format!(
        "{severity} {} ({action}) at {file} {}: {}",
        finding.rule, finding.path, finding.message
    )
}

/// What was found, and what to do.
fn more(told: &Told<'_>) -> String {
    let value = told.finding.value.as_ref();
    let found = value.map(|value| format!("found: {}\n", escaped(value)));
    format!(
        "{}fix: {}",
        found.unwrap_or_default(),
        escaped(&told.finding.fix)
    )
}

fn failure(kind: &str, message: &str, body: &str) -> String {
    let body: Vec<String> = body.lines().map(xml).collect();
    format!(
        "<failure type=\"{}\" message=\"{}\">{}</failure>",
        xml(kind),
        xml(message),
        body.join("\n")
    )
}

/// Text for an element or attribute: without what XML takes for markup, or does not allow.
fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in escaped(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => safe.push(char::REPLACEMENT_CHARACTER),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn keeps_text_apart_from_markup() {
        assert_eq!(xml("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&apos;");
        assert_eq!(
            xml("\u{0}\u{1b}[2J\n\u{ffff}é"),
            "\\u{0}\\u{1b}[2J\\n\u{fffd}é"
        );
    }
}
