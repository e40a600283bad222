//! What could not be read: where, and why, without quoting the payload.

/// What could not be read: the place and the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    /// RFC 6901 pointer of the value that could not be read.
    pub pointer: String,
    /// What is wrong with it, for a person; holds nothing of the payload.
    pub reason: String,
}

impl Fault {
    /// A value of the wrong kind. Its place is for those to say that read what is around it.
    pub fn unfit(found: &str, expected: &str) -> Self {
        Self {
            pointer: String::new(),
            reason: [found, ", expected ", expected].concat(),
        }
    }

    /// A key that stands twice in its object.
    pub fn twice() -> Self {
        Self {
            pointer: String::new(),
            reason: "the key stands twice, and only one of its values could be judged".to_owned(),
        }
    }

    /// A text that from an offset on is no JSON. It has no pointer: the keys on the way may be
    /// anything, and nothing after this place was read.
    pub fn malformed(text: &str, at: usize, what: &str) -> Self {
        let before = text.as_bytes().get(..at).unwrap_or_default();
        let what = if at < text.len() {
            what
        } else {
            "it ends too early"
        };
        let line = before.split(|byte| *byte == b'\n');
        let column = line.clone().next_back().map_or(0, <[u8]>::len) + 1;
        Self {
            pointer: String::new(),
            reason: format!(
                "not valid JSON: {what}, at line {} column {column}",
                line.count()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::PodSpec;
    use crate::view;

    fn fault(json: &str) -> Fault {
        match view::from_str::<PodSpec<'_>>(json) {
            Ok(_) => panic!("{json} was read"),
            Err(fault) => fault,
        }
    }

    #[track_caller]
    fn assert_fault(json: &str, pointer: &str, reason: &str) {
        assert_eq!(
            fault(json),
            Fault {
                pointer: pointer.to_owned(),
                reason: reason.to_owned()
            }
        );
    }

    #[test]
    fn names_the_value_and_both_types() {
        for (json, pointer, reason) in [
            (
                r#"{"hostPID":"yes"}"#,
                "/hostPID",
                "a string, expected a boolean",
            ),
            (
                r#"{"hostPID": {} }"#,
                "/hostPID",
                "an object, expected a boolean",
            ),
            (
                r#"{"hostPID":{"a":1}}"#,
                "/hostPID",
                "an object, expected a boolean",
            ),
            (
                r#"{"hostPID":-1.5e3}"#,
                "/hostPID",
                "a number, expected a boolean",
            ),
            (
                r#"{"containers":{}}"#,
                "/containers",
                "an object, expected an array",
            ),
            (
                r#"{"containers":"x"}"#,
                "/containers",
                "a string, expected an array",
            ),
            (
                r#"{"containers":[{},[]]}"#,
                "/containers/1",
                "an array, expected an object",
            ),
            (
                r#"{"containers":[{"name":7}]}"#,
                "/containers/0/name",
                "a number, expected a string",
            ),
            ("7", "", "a number, expected an object"),
            (
                r#"{"containers":[{"securityContext":{"capabilities":{"add":["A",1]}}}]}"#,
                "/containers/0/securityContext/capabilities/add/1",
                "a number, expected a string",
            ),
            (
                r#"{"containers":[{"ports":[{"hostPort":1.5}]}]}"#,
                "/containers/0/ports/0/hostPort",
                "a number, expected an integer of 32 bits",
            ),
            (
                r#"{"containers":[{"securityContext":{"capabilities":[]}}]}"#,
                "/containers/0/securityContext/capabilities",
                "an array, expected an object",
            ),
        ] {
            assert_fault(json, pointer, reason);
        }
    }

    #[test]
    fn names_the_second_of_two_keys() {
        assert_fault(
            r#"{"hostPID":true,"hostPID":false}"#,
            "/hostPID",
            "the key stands twice, and only one of its values could be judged",
        );
    }

    #[test]
    fn finds_its_place_across_lines_and_escapes() {
        assert_fault(
            "{\n  \"a\\\"b\": [1, {\"x\": null}],\n  \"volumes\": [\n    {\"name\": []}]}",
            "/volumes/0/name",
            "an array, expected a string",
        );
    }

    #[test]
    fn never_quotes_the_payload() {
        let fault = fault(r#"{"hostPID":"expected hunter2 at line 5"}"#);
        assert!(!fault.reason.contains("hunter2"), "{fault:?}");
    }

    #[test]
    fn says_where_a_text_is_no_json() {
        for (json, reason) in [
            ("", "it ends too early, at line 1 column 1"),
            ("{\n\"a\": [1,", "it ends too early, at line 2 column 9"),
            ("{\"a\": \"b", "it ends too early, at line 1 column 9"),
            ("{\n \"a\": x}", "expected a value, at line 2 column 7"),
            ("{\"a\": tru}", "expected a value, at line 1 column 7"),
            (
                "{\"a\": [1 2]}",
                "expected a comma or the closing bracket, at line 1 column 10",
            ),
        ] {
            assert_fault(json, "", &format!("not valid JSON: {reason}"));
        }
    }
}
