//! Names that somebody may have meant who wrote one that there is not.

use crate::terminal::escaped;

/// How many letters may differ in a name that is suggested.
const DISTANCE: usize = 2;

/// Shorter names are held by too many others.
const LEAST: usize = 3;

/// Longer names are no slip of the pen.
const LONGEST: usize = 256;

/// How far a known name is from the one that was written: the letters that differ, or one more
/// than may where it holds it, as `system:serviceaccount:ci:deployer` does `deployer`, and more the
/// shorter it is where the one that was written is made of it, as `web-6d57c96-8kkrt` is of `web`.
/// None where it is not meant.
pub(crate) fn distance(written: &str, known: &str) -> Option<usize> {
    if written.len().max(known.len()) > LONGEST {
        return None;
    }
    let letters = (written.len().abs_diff(known.len()) <= 4 * DISTANCE)
        .then(|| strsim::osa_distance(written, known))
        // of a short name, any other would do
        .filter(|letters| *letters <= DISTANCE && 2 * letters < written.chars().count());
    let holds = || written.len() >= LEAST && known.contains(written);
    let rest = || Some(written.strip_prefix(known)?).filter(|rest| rest.starts_with('-'));
    letters
        .or_else(|| holds().then_some(DISTANCE + 1))
        .or_else(|| Some(DISTANCE + 1 + rest()?.len()))
}

/// The nearest of the known names, in their order; all that are as near.
pub(crate) fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
    let mut least = usize::MAX;
    let mut nearest = Vec::new();
    for name in known {
        match distance(written, name) {
            Some(distance) if distance < least => {
                least = distance;
                nearest = vec![name];
            }
            Some(distance) if distance == least => nearest.push(name),
            _ => {}
        }
    }
    nearest
}

/// ``did you mean `a` or `b`?``, fit for a terminal; nothing where there is none.
pub(crate) fn did_you_mean(near: &[&str]) -> Option<String> {
    /// So many are a help; more are a list.
    const SHOWN: usize = 4;

    let near: Vec<_> = near.iter().take(SHOWN).map(|name| escaped(name)).collect();
    (!near.is_empty()).then(|| format!("did you mean `{}`?", near.join("` or `")))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_may_be_meant() {
        let known = [
            "alice",
            "alibe",
            "bob",
            "system:serviceaccount:ci:deployer",
            "Ärger",
        ];
        for (written, near) in [
            ("alcie", &["alice"][..]),
            ("alire", &["alice", "alibe"]),
            ("boo", &["bob"]),
            ("eve", &[]),
            ("deployer", &["system:serviceaccount:ci:deployer"]),
            ("ploy", &["system:serviceaccount:ci:deployer"]),
            ("ob", &[]),
            ("Ärgre", &["Ärger"]),
            ("", &[]),
            ("alice-6d57c96-8kkrt", &["alice"]),
            ("bob-alice", &["bob"]),
            ("alicefoo", &[]),
        ] {
            assert_eq!(nearest(written, known), near, "{written}");
        }
        let long = "x".repeat(1 << 20);
        assert!(nearest(&long, [long.as_str()]).is_empty());
    }
}
