//! What the first letters of a text tell: whether it is JSON. The rest may be anything.

/// Whether a text that starts so is JSON: the same first letters can begin a YAML collection or a
/// Go template.
pub(crate) fn begins_json(text: &[u8]) -> bool {
    let length = text.iter().take_while(|byte| is_opening(byte)).count();
    let Some((open, rest)) = text.split_at_checked(length) else {
        return false;
    };
    if !text.first().is_some_and(is_bracket) || open.starts_with(b"{{") {
        return false;
    }
    match (open.iter().rfind(|byte| is_bracket(byte)), rest.first()) {
        (_, None | Some(b'"')) => true,
        (Some(b'{'), Some(next)) => *next == b'}',
        (_, Some(next)) => matches!(next, b']' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'),
    }
}

pub(crate) fn is_bracket(byte: &u8) -> bool {
    matches!(byte, b'{' | b'[')
}

/// Whether a byte may stand before the first that tells JSON from YAML.
pub(crate) fn is_opening(byte: &u8) -> bool {
    is_bracket(byte) || byte.is_ascii_whitespace()
}
