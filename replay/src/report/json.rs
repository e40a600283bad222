//! The JSON report: one line a case, in input order, as `inspect` said it.

use serde::Serialize;
use serde_json::value::RawValue;

use intake::audit::{Audit, Before, Outcome, Unjudged};

use crate::answer::Answer;
use crate::outcome::{Audited, Source};
use crate::terminal::acts_on_a_terminal;

#[derive(Serialize)]
struct SourceLine<'a> {
    file: &'a str,
    line: Option<u64>,
    document: Option<u64>,
    item: Option<u64>,
}

impl<'a> From<&'a Source> for SourceLine<'a> {
    fn from(source: &'a Source) -> Self {
        Self {
            file: &source.file,
            line: source.line,
            document: source.case.map(|(document, _)| document),
            item: source.case.map(|(_, item)| item),
        }
    }
}

/// What an audit log tells beside a request.
#[derive(Serialize)]
struct AuditPart<'a> {
    #[serde(flatten)]
    audit: &'a Audit,
    /// Whether the object has a finding that it did not have before; none where that is not known,
    /// or nothing was changed.
    gained: Option<bool>,
}

/// A case that was judged, with whether it has a finding that is new. Request and findings are the
/// policy's own text, so a field that this version does not know is printed too.
pub(crate) fn verdict_line(
    source: &Source,
    answer: &Answer<'_>,
    audited: Option<&Audited>,
    is_new: bool,
) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        source: SourceLine<'a>,
        request: &'a RawValue,
        #[serde(skip_serializing_if = "Option::is_none")]
        origin: Option<&'a RawValue>,
        allowed: bool,
        findings: &'a RawValue,
        #[serde(skip_serializing_if = "Option::is_none")]
        omitted: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        audit: Option<AuditPart<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        incident: Option<&'a str>,
    }
    line(&Line {
        source: source.into(),
        request: answer.request,
        origin: answer.origin,
        allowed: answer.allowed,
        findings: answer.findings,
        omitted: (answer.omitted > 0).then_some(answer.omitted),
        audit: audited.map(|Audited { audit, .. }| AuditPart {
            audit,
            gained: match (audit.outcome, audit.before) {
                (Outcome::Created, _) => Some(is_new),
                (Outcome::Modified | Outcome::Unchanged, Before::Known) => Some(is_new),
                _ => None,
            },
        }),
        incident: audited.and_then(|audited| audited.incident.as_deref()),
    })
}

/// A request of an audit log that matters and could not be judged.
pub(crate) fn gap_line(source: &Source, request: &RawValue, unjudged: &Unjudged) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        source: SourceLine<'a>,
        request: &'a RawValue,
        error: Reason<'a>,
        audit: AuditPart<'a>,
    }
    line(&Line {
        source: source.into(),
        request,
        error: Reason {
            reason: unjudged.gap.word(),
            message: &format!("cannot be judged: {}", unjudged.gap),
        },
        audit: AuditPart {
            audit: &unjudged.audit,
            gained: None,
        },
    })
}

#[derive(Serialize)]
struct Reason<'a> {
    reason: &'a str,
    message: &'a str,
}

/// A case that could not be judged, or something that could not be read.
pub(crate) fn error_line(
    source: &Source,
    request: Option<&serde_json::Value>,
    reason: &str,
    message: &str,
) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        source: SourceLine<'a>,
        request: Option<&'a serde_json::Value>,
        error: Reason<'a>,
    }
    line(&Line {
        source: source.into(),
        request,
        error: Reason { reason, message },
    })
}

/// One line of JSON that is safe to print on a terminal.
pub(crate) fn line(value: &impl Serialize) -> String {
    // strings, numbers and checked JSON always serialize
    let mut text = serde_json::to_string(value).unwrap_or_default();
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        text.push('\n');
        return text;
    }
    let mut line = String::with_capacity(text.len() + 1);
    for part in text.split_inclusive(acts_on_a_terminal) {
        let mut characters = part.chars();
        match characters.next_back() {
            // these stand only between two tokens, where a space means the same
            Some('\n' | '\r' | '\t') => line.extend(characters.chain([' '])),
            // all others stand only in strings
            Some(last) if acts_on_a_terminal(last) => {
                line.push_str(characters.as_str());
                for unit in last.encode_utf16(&mut [0; 2]) {
                    line.push_str(&format!("\\u{unit:04x}"));
                }
            }
            _ => line.push_str(part),
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::{error_line, verdict_line};
    use crate::answer::Answer;
    use crate::outcome::Source;
    use std::sync::Arc;

    fn source() -> Source {
        Source {
            file: Arc::from("a.json"),
            line: Some(3),
            case: Some((1, 2)),
        }
    }

    #[test]
    fn passes_the_policys_text_on_in_one_line() {
        let answer: Answer<'_> = serde_json::from_str(
            "{\"version\":9,\"request\":{\"kind\":\"Pod\",\n\"later\":1e2},\"allowed\":false,
            \"findings\":[\n{\"rule\":\"x\",\"later\":[]}],\"omitted\":2}",
        )
        .unwrap();
        assert_eq!(
            verdict_line(&source(), &answer, None, false),
            "{\"source\":{\"file\":\"a.json\",\"line\":3,\"document\":1,\"item\":2},\
             \"request\":{\"kind\":\"Pod\", \"later\":1e2},\"allowed\":false,\
             \"findings\":[ {\"rule\":\"x\",\"later\":[]}],\"omitted\":2}\n"
        );
    }

    #[test]
    fn escapes_what_acts_on_a_terminal() {
        let findings = "[{\"value\":\"\u{9b}31m é \u{202e}\u{e0041}\u{7f}\"}]";
        let answer = format!(r#"{{"request":{{}},"allowed":true,"findings":{findings}}}"#);
        let line = verdict_line(
            &source(),
            &serde_json::from_str(&answer).unwrap(),
            None,
            false,
        );
        assert!(
            line.contains(r#""value":"\u009b31m é \u202e\udb40\udc41\u007f""#),
            "{line}"
        );
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let findings: serde_json::Value = serde_json::from_str(findings).unwrap();
        assert_eq!(line["findings"], findings);
    }

    #[test]
    fn says_why_there_is_no_verdict() {
        let file = Source {
            line: None,
            case: None,
            ..source()
        };
        assert_eq!(
            error_line(&file, None, "file", "no such file"),
            "{\"source\":{\"file\":\"a.json\",\"line\":null,\"document\":null,\"item\":null},\
             \"request\":null,\"error\":{\"reason\":\"file\",\"message\":\"no such file\"}}\n"
        );
    }
}
