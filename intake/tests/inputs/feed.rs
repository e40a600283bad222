//! An input that comes in pieces gives what it gives at once, however it is cut.

use intake::audit::Log;
use intake::{Feed, Item, Passed, read_into};
use std::fs;

/// Everything in an input, at once, with what was passed.
fn whole(input: &[u8]) -> (Vec<String>, Passed) {
    let mut reader = read_into(Log::default(), input);
    let mut items: Vec<String> = (&mut reader).map(|item| show(&item.unwrap())).collect();
    let passed = reader.take_passed();
    let mut log = reader.into_log();
    while let Some(unjudged) = log.unfinished() {
        items.push(show(&Item::Unjudged(Box::new(unjudged))));
    }
    (items, passed)
}

/// The same, in pieces of this size.
fn pieces(input: &[u8], size: usize) -> (Vec<String>, Passed) {
    let mut feed = Feed::default();
    let mut items = Vec::new();
    for piece in input.chunks(size) {
        feed.push(piece);
        items.extend(feed.by_ref().map(|item| show(&item)));
    }
    feed.end();
    items.extend(feed.by_ref().map(|item| show(&item)));
    (items, feed.take_passed())
}

fn show(item: &Item) -> String {
    format!("{item:?}")
}

#[track_caller]
fn assert_same(input: &[u8], sizes: &[usize]) {
    let expected = whole(input);
    for size in sizes {
        assert!(pieces(input, *size) == expected, "in pieces of {size}");
    }
}

#[test]
fn recorded_logs_and_reviews() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../e2e-tests");
    for name in ["audit/audit.jsonl", "recordings/updates.jsonl"] {
        let input = fs::read(format!("{folder}/{name}")).unwrap();
        assert!(whole(&input).0.len() > 20);
        assert_same(&input, &[997, 65_536, input.len()]);
    }
}

#[test]
fn inputs_of_every_shape() {
    const POD: &str = r#"{"apiVersion":"v1","kind":"Pod"}"#;
    let yaml = "apiVersion: v1\nkind: Pod\n";
    let pretty = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\"\n}";
    for input in [
        String::new(),
        "\n\n".to_owned(),
        "\n  \n---\n".to_owned() + yaml,
        POD.to_owned(),
        format!("\u{feff}{POD}\n{POD}\r\n\n{POD}\n"),
        format!("{POD}\n{pretty}\n{POD}\n\"a text\"\n7\n"),
        format!("{POD}\nnot: json\n- nor this\n--\n{{\n{POD}\n \n{POD}"),
        format!("{POD}\n---\n{yaml}---\n{yaml}"),
        format!("{POD}\n--- {{}}\n...\n{POD}\n{yaml}"),
        format!("{pretty}\n{pretty}\n{POD}\n{POD}"),
        format!("[\n{POD},\n{POD}\n]\n"),
        format!("[{POD},{POD}]\n[{POD}]\n"),
        format!("# a comment\n{yaml}---\n{yaml}"),
        format!("{yaml}---\n{POD}\n{POD}\n"),
        "{\"apiVersion\":\"v1\",\n".to_owned(),
    ] {
        assert_same(input.as_bytes(), &[1, 2, 3, 5, 8, 13, 10_000]);
    }
}

#[test]
fn gives_records_as_they_come() {
    let mut feed = Feed::default();
    feed.push(b"{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}\n");
    assert!(feed.next().is_none(), "the record may go on");
    feed.push(b"{");
    assert!(matches!(feed.next(), Some(Item::Case(case)) if case.place.line == 1));
    assert!(feed.next().is_none());
}

/// What has no ends of records is held, and that has an end.
#[test]
fn gives_up_on_what_cannot_be_held() {
    let mut feed = Feed::default();
    feed.push(b"{}\n\n{}\n{\"a\":\"");
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..70 {
        feed.push(&piece);
    }
    let items: Vec<Item> = feed.by_ref().collect();
    assert!(
        matches!(&items[..], [Item::Skipped(_), Item::Skipped(_), Item::Broken(broken)]
            if broken.line == 4 && broken.message.starts_with("too large: ")),
        "{items:?}"
    );
}
