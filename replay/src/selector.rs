//! Label selectors, as Kubernetes reads them: all requirements must hold.
//!
//! Source: Kubernetes `staging/src/k8s.io/apimachinery/pkg/labels/selector.go`.

/// A selector of objects by their labels. One without requirements matches everything.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Debug, PartialEq, Eq)]
enum Operator {
    In(Vec<String>),
    /// Of what has no such label, too.
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
}

impl Selector {
    /// Reads the text form: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`,
    /// with commas between them. Comparisons of numbers (`a>1`) are not understood.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let requirements = parts(text).map(|part| {
            Requirement::parse(part.trim())
                .ok_or_else(|| format!("selector `{text}`: `{}` is no requirement", part.trim()))
        });
        Ok(Self {
            requirements: requirements.collect::<Result<_, _>>()?,
        })
    }

    /// Whether an object is selected whose labels are what `label` says.
    pub(crate) fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = label(&requirement.key);
            let among = |values: &[String]| values.iter().any(|other| value == Some(other));
            match &requirement.operator {
                Operator::In(values) => among(values),
                Operator::NotIn(values) => !among(values),
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
            }
        })
    }

    /// What it asks for.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.requirements.iter().map(|it| it.key.as_str())
    }
}

impl Requirement {
    fn parse(text: &str) -> Option<Self> {
        let (key, operator) = if let Some((key, value)) = text.split_once("!=") {
            (key, Operator::NotIn(vec![value.trim().to_owned()]))
        } else if let Some((key, value)) = text.split_once('=') {
            let value = value.strip_prefix('=').unwrap_or(value);
            (key, Operator::In(vec![value.trim().to_owned()]))
        } else if let Some(key) = text.strip_prefix('!') {
            (key, Operator::DoesNotExist)
        } else if let Some(set) = text.strip_suffix(')') {
            let (head, values) = set.split_once('(')?;
            let (key, operator) = head.trim_end().rsplit_once(char::is_whitespace)?;
            let values = values.split(',').map(|value| value.trim().to_owned());
            match operator {
                "in" => (key, Operator::In(values.collect())),
                "notin" => (key, Operator::NotIn(values.collect())),
                _ => return None,
            }
        } else {
            (text, Operator::Exists)
        };
        let key = key.trim();
        let sound = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
        (!key.is_empty() && key.chars().all(sound)).then(|| Self {
            key: key.to_owned(),
            operator,
        })
    }
}

/// What stands between the commas that are in no parentheses.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.split(move |letter| {
        inside = match letter {
            '(' => true,
            ')' => false,
            _ => inside,
        };
        letter == ',' && !inside
    })
}

#[cfg(test)]
mod tests {
    use super::Selector;

    /// Whether `text` selects an object with labels `a=1` and `b` (empty).
    fn selects(text: &str) -> bool {
        let selector = Selector::parse(text).unwrap();
        selector.matches(|key| match key {
            "a" => Some("1"),
            "example.com/b" => Some(""),
            _ => None,
        })
    }

    #[test]
    fn selects_as_kubernetes_does() {
        for text in [
            "",
            " ",
            "a=1",
            "a==1",
            "a = 1",
            "a in (1)",
            "a in (2, 1),example.com/b",
            "a notin (2,3)",
            "a!=2",
            "a",
            "!c",
            "! c",
            "example.com/b=",
            "c!=1",
            "c notin (1)",
        ] {
            assert!(selects(text), "{text}");
        }
        for text in [
            "a=2",
            "a in (2,3)",
            "a notin (1)",
            "a!=1",
            "!a",
            "c",
            "c=1",
            "c in (1)",
            "a=1,c",
            "example.com/b=1",
        ] {
            assert!(!selects(text), "{text}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for text in [
            "a>1",
            "a,",
            ",a",
            "a b",
            "a in 1",
            "a within (1)",
            "=1",
            "(1)",
            "!",
        ] {
            assert!(Selector::parse(text).is_err(), "{text}");
        }
    }
}
