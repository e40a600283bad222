//! Names that somebody may have meant who wrote one that there is not.

/// How many letters may differ in a name that is suggested; two that changed places are one.
const DISTANCE: usize = 2;

/// Longer than any name that is known here.
const LONGEST: usize = 64;

/// The nearest of the known names; the first of several.
#[inline(never)] // only wrong settings come here
pub(crate) fn nearest<'k>(
    written: &str,
    known: &mut dyn Iterator<Item = &'k str>,
) -> Option<&'k str> {
    if written.len() > LONGEST {
        return None;
    }
    let distances = known.map(|known| (strsim::osa_distance(written, known), known));
    let (distance, near) = distances.min_by_key(|(distance, _)| *distance)?;
    // of a short name, any other would do
    (distance <= DISTANCE && 2 * distance < written.len()).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_may_be_meant() {
        for (written, near) in [
            ("wran", Some("warn")),
            ("den", Some("deny")),
            ("wrn", Some("warn")),
            ("Off", Some("off")),
            ("hostAcess", Some("hostAccess")),
            ("host-access", Some("hostAccess")),
            ("of", None),
            ("block", None),
            ("", None),
        ] {
            let mut known = ["deny", "warn", "off", "hostAccess"].into_iter();
            assert_eq!(nearest(written, &mut known), near, "{written}");
        }
        let long = "x".repeat(1 << 20);
        assert_eq!(nearest(&long, &mut [long.as_str()].into_iter()), None);
    }
}
