//! From a mistake that the policy finds in settings to the line on which it stands.

use intake::Config;

/// The line of the part that a mistake is about; none where that cannot be told.
///
/// A mistake is told as `exemptions[0].rules[1]: what is wrong`, or as `settings: …` where it is
/// about the whole; of a key that is wrong itself, the place is that of what holds it.
pub(super) fn line(settings: &Config, mistake: &str) -> Option<u64> {
    let (path, what) = mistake.split_once(": ")?;
    let holder = match path {
        "settings" => String::new(),
        path => pointer(path),
    };
    let key = ["unknown key `", "the key `"]
        .into_iter()
        .find_map(|start| what.strip_prefix(start)?.split('`').next());
    let at_key = key.and_then(|key| settings.locate(&format!("{holder}/{}", escaped(key))));
    at_key
        .or_else(|| settings.locate(&holder))
        .map(|position| position.line)
}

/// `exemptions[0].rules` as RFC 6901 has it: `/exemptions/0/rules`.
fn pointer(path: &str) -> String {
    let keys = path.split(['.', '[', ']']);
    let keys = keys.filter(|key| !key.is_empty());
    keys.map(|key| format!("/{}", escaped(key))).collect()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::line;
    use intake::Config;

    #[test]
    fn finds_what_a_mistake_is_about() {
        let settings =
            "hostAccess:\n  deny: hihg\n\"a/b\": 1\nexemptions:\n- reason: r\n  rules:\n  - x\n";
        let settings = Config::from_yaml(settings).unwrap();
        for (mistake, expected) in [
            ("hostAccess.deny: `hihg`, did you mean `high`?", Some(2)),
            ("settings: unknown key `a/b`, expected one of `x`", Some(3)),
            ("settings: the key `exemptions` stands twice", Some(4)),
            // a key that was cut is in what holds it
            ("hostAccess: unknown key `xxx…`, expected one of", Some(1)),
            ("exemptions[0]: names nobody", Some(5)),
            ("exemptions[0].rules[0]: `x`, expected: `y`", Some(7)),
            ("settings: an array, expected an object", Some(1)),
            ("exemptions[7]: names nobody", None),
            ("`hostAccess.deny`: no severity", None),
            ("something else", None),
        ] {
            assert_eq!(line(&settings, mistake), expected, "{mistake}");
        }
    }
}
