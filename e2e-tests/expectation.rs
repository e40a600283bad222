//! The form in which an expectation says what is found: see `recordings/README.md`.

use serde_json::Value;

/// The findings of an answer of `inspect`, a row each.
pub fn rows(answer: &Value) -> Vec<String> {
    answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(row)
        .collect()
}

fn row(finding: &Value) -> String {
    let text = |key: &str| finding[key].as_str().unwrap().to_owned();
    let age = if finding["new"] == true { "new" } else { "old" };
    let (place, value) = match finding.get("grants") {
        Some(grants) => {
            let paths = grants
                .as_array()
                .unwrap()
                .iter()
                .map(|grant| grant["path"].as_str().unwrap());
            (paths.collect::<Vec<_>>().join(","), "-".to_owned())
        }
        None => (text("path"), finding["value"].to_string()),
    };
    let mut row = format!(
        "{} {} {age} {place} {value}",
        text("rule"),
        text("severity")
    );
    if finding
        .get("grant")
        .is_some_and(|grant| grant == "indirect")
    {
        row += " indirect";
    }
    if let Some(container) = finding["container"].as_str() {
        row += &format!(" container={container}");
    }
    if let Some(names) = finding.get("resourceNames").and_then(Value::as_array) {
        let names: Vec<&str> = names.iter().map(|name| name.as_str().unwrap()).collect();
        row += &format!(" names={}", names.join(","));
    }
    if let Some(until) = finding.get("until").and_then(Value::as_str) {
        row += &format!(" until={until}");
    }
    row
}
