//! An input that comes in pieces gives what it gives at once, however it is cut.

use intake::audit::{Gap, Log};
use intake::{Feed, Item, Passed, read, read_into};
use serde_json::json;
use std::fs;
use std::io::BufReader;

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

/// An event that creates a pod begins or ends, or one that does not matter, at a time.
fn at(minute: u32, stage: &str, verb: &str) -> String {
    let time = format!("2026-11-22T01:{minute:02}:00Z");
    let id = if verb == "create" {
        "1".to_owned()
    } else {
        time.clone()
    };
    let event = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": id,
        "stage": stage, "verb": verb, "objectRef": {"resource": "pods", "name": "web"},
        "user": {"username": "bob"}, "requestReceivedTimestamp": "2026-11-22T01:00:00Z",
        "stageTimestamp": time});
    format!("{event}\n")
}

#[test]
fn a_request_that_does_not_end_is_told_of_when_any_event_says_that_it_is_late() {
    let mut feed = Feed::default();
    let mut told_after = |text: &str| {
        feed.push(text.as_bytes());
        feed.by_ref().map(|item| show(&item)).collect::<Vec<_>>()
    };
    // a record has ended where the next begins
    assert_eq!(told_after(&at(0, "RequestReceived", "create")).len(), 0);
    assert_eq!(told_after(&at(5, "ResponseComplete", "get")).len(), 0);
    assert_eq!(told_after(&at(6, "ResponseComplete", "get")).len(), 0);
    let told = told_after("{");
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("Unfinished"), "{told:?}");
}

#[test]
fn what_does_not_matter_passes_time_alike_however_it_is_cut() {
    let late = at(20, "ResponseComplete", "get");
    let begun = at(0, "RequestReceived", "create");
    let ended = at(1, "ResponseComplete", "create");
    for events in [
        [&late, &begun, &ended],
        [&begun, &late, &ended],
        [&begun, &ended, &late],
    ] {
        let input = events.map(String::as_str).concat();
        assert_same(input.as_bytes(), &[1, 97, 500, input.len()]);
        let unfinished = whole(input.as_bytes()).0.concat().contains("Unfinished");
        assert_eq!(unfinished, events[1] == &late, "{input}");
        let cut = BufReader::with_capacity(97, input.as_bytes());
        let items: Vec<_> = read(cut).map(|item| show(&item.unwrap())).collect();
        assert_eq!(items, whole(input.as_bytes()).0);
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

/// A log of which the first line is lost, or is another log's.
#[test]
fn inputs_that_come_to_records() {
    const POD: &str = r#"{"apiVersion":"v1","kind":"Pod"}"#;
    const P: &str = "2026-11-22T01:28:32Z stdout P ";
    const F: &str = "2026-11-22T01:28:32Z stdout F ";
    let event = at(0, "ResponseComplete", "create");
    let (start, end) = event.split_at(event.len() / 2);
    let records = format!("{event}{event}not json\n{event}");
    for input in [
        format!("==> a <==\n{records}"),
        format!("\n\0\0\n# a\n\n{records}"),
        format!("a: b\n  c: d\n{records}---\na: b\n{records}"),
        format!("a: b\n---\nc: d\n{records}"),
        format!("a: b\n...\nc: d\n{records}"),
        format!("a: b\n...\n{records}"),
        format!("{end}{records}"),
        format!("{start}\n{records}"),
        format!("{{\"a\":{{}}}},1\n{records}"),
        format!("[\n{POD},\n{POD}\n]\n{records}"),
        format!("{{\"a\":\n{records}2026-11-22T01:28:32Z {event}"),
        format!("text\n2026-11-22T01:28:32Z text\n2026-11-22T01:28:32Z {event}{event}"),
        "text\n{\"a\"\n{}\n".to_owned(),
        // parts of one line, whole and interrupted
        format!("{P}{start}\n{F}{end}{P}{start}\n{event}{F}{end}"),
        format!("text\n{P}{start}\n{P}\n{F}{end}{P}{start}\n---\na: b\n{F}{end}"),
    ] {
        assert_same(input.as_bytes(), &[1, 2, 3, 5, 8, 97, 1_000, 10_000]);
    }
}

#[test]
fn gives_records_as_they_come_below_a_line_that_is_none() {
    let mut feed = Feed::default();
    let mut come = |text: &str| {
        feed.push(text.as_bytes());
        feed.by_ref().count()
    };
    let event = at(0, "ResponseComplete", "create");
    assert_eq!(come("text\n"), 0);
    assert_eq!(come(&event), 0);
    assert_eq!(come("{\"apiVersion\""), 2);
    assert_eq!(come(":\"v1\",\"kind\":\"Pod\"}\n{"), 1);
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

/// One log in two files, cut wherever an event begins, tells what it tells in one, each event with
/// its line in its file. The first file may lack its last line feed, and the second may come before
/// what the first holds is taken.
#[test]
fn a_log_goes_on_in_the_next_file() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../e2e-tests");
    let log = fs::read_to_string(format!("{folder}/audit/audit.jsonl")).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    let one = inputs(&[&log], true);
    for cut in [0, 1, 7, lines.len() / 2, lines.len() - 1, lines.len()] {
        let (first, second) = lines.split_at(cut);
        let files = [&*first.join("\n"), &*second.join("\n")];
        let expected: Vec<_> = one
            .iter()
            .map(|(item, line)| match line.checked_sub(cut as u64) {
                None | Some(0) => (item, *line),
                Some(line) => (item, line),
            })
            .collect();
        for takes in [true, false] {
            let two = inputs(&files, takes);
            let two: Vec<_> = two.iter().map(|(item, line)| (item, *line)).collect();
            assert_eq!(two, expected, "cut at {cut}");
        }
    }
}

/// What cases of several files ask, with their lines; `takes` says whether all of a file is taken
/// before the next is pushed.
fn inputs(files: &[&str], takes: bool) -> Vec<(String, u64)> {
    let mut feed = Feed::default();
    let mut items = Vec::new();
    for (index, file) in files.iter().enumerate() {
        if index > 0 {
            feed.end_input();
        }
        for piece in file.as_bytes().chunks(65_536) {
            if takes {
                items.extend(feed.by_ref());
            }
            feed.push(piece);
        }
    }
    feed.end();
    items.extend(feed.by_ref());
    items
        .into_iter()
        .map(|item| match item {
            Item::Case(case) => (
                format!("{} {:?}", case.request(), case.audit),
                case.place.line,
            ),
            Item::Unjudged(unjudged) => (
                format!("{:?} {}", unjudged.gap, unjudged.request),
                unjudged.place.line,
            ),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn each_input_is_what_it_is() {
    let pod = "apiVersion: v1\nkind: Pod\n";
    let files = [
        pod,
        "",
        "[\n{\"apiVersion\":\"v1\",\n\"kind\":\"Pod\"}]",
        "\u{feff}{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}\n\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}",
        "\n",
        pod,
    ];
    for takes in [true, false] {
        let lines: Vec<u64> = inputs(&files, takes)
            .iter()
            .map(|(_, line)| *line)
            .collect();
        assert_eq!(lines, [1, 2, 1, 3, 1]);
    }
}

/// The file in which a request began is not the one in which it turns out that it never ended.
#[test]
fn tells_in_which_input_a_request_began_that_did_not_end() {
    let mut feed = Feed::default();
    feed.push(at(0, "RequestReceived", "create").as_bytes());
    feed.end_input();
    assert_eq!(feed.by_ref().count(), 0, "the next file may end it");
    feed.push(at(1, "ResponseComplete", "get").as_bytes());
    feed.end();
    let items: Vec<Item> = feed.by_ref().collect();
    assert!(
        matches!(&items[..], [Item::Unjudged(unjudged)]
            if unjudged.input == 0 && unjudged.gap == Gap::Unfinished),
        "{items:?}"
    );
}

#[test]
fn an_input_that_it_gives_up_on_does_not_take_the_next_with_it() {
    let mut feed = Feed::default();
    feed.push(b"{}\n{\"a\":\"");
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..70 {
        feed.push(&piece);
    }
    feed.end_input();
    feed.push(b"{}\n{}");
    feed.end();
    let items: Vec<Item> = feed.by_ref().collect();
    assert!(
        matches!(&items[..], [Item::Skipped(_), Item::Broken(_), Item::Skipped(first), Item::Skipped(second)]
            if first.place.line == 1 && second.place.line == 2),
        "{items:?}"
    );
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
