use std::{collections::BTreeSet, fs, path::Path};

use super::*;

/// The directory of the signatures' pages.
fn pages() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/signatures")
}

#[test]
fn each_has_its_page() {
    let signatures = Signatures::built_in();
    for signature in signatures.iter() {
        let file = pages().join(format!("{}.md", signature.name));
        if std::env::var_os("NBW_BLESS").is_some() {
            fs::write(&file, signature.page()).unwrap();
        }
        let page = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(page, signature.page(), "{} differs (NBW_BLESS=1 accepts it)", file.display());
    }
    let files = fs::read_dir(pages()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let known: BTreeSet<String> = signatures.iter().map(|signature| format!("{}.md", signature.name)).collect();
    assert_eq!(files.collect::<BTreeSet<_>>(), known);
}

#[test]
fn every_bound_says_where_it_comes_from() {
    for signature in Signatures::built_in().iter() {
        for condition in signature.when.iter().chain(&signature.exclude).chain(&signature.watch) {
            assert!(condition.because.len() > 10, "{} {}", signature.name, condition.value);
        }
    }
}

const GOOD: &str = r#"
[[signature]]
name = "x"
kind = "port-scan"
title = "X"
about = "X."
severity = "info"
confidence = 0.5
advice = "None."
key = "pair"
window = 10
event = "source"
count = [{ name = "n", on = ["tcp-syn"], target-ports = [80, "1000-2000"], flags = "S/SA" }]
when = [{ value = "n", at-least = 1, because = "it is a test" }]
"#;

fn fault(text: &str) -> String {
    Signatures::default().extend(text).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_is_named() {
    assert_eq!(Signatures::default().extend(GOOD).map_err(|error| error.to_string()), Ok(()));
    for (from, to, said) in [
        ("window = 10", "window = 1", "signature x: `window` lies between 2 and 86400 seconds"),
        ("value = \"n\"", "value = \"m\"", "signature x: there is no counter `m`; there are: n"),
        ("\"1000-2000\"", "\"2000-1000\"", "is no range"),
        ("\"S/SA\"", "\"S/A\"", "are no flags"),
        ("name = \"n\"", "name = \"bytes\"", "counter `bytes` has a name that events need"),
        ("tcp-syn", "tcp-sin", "unknown variant `tcp-sin`"),
        ("tcp-syn", "tcp-refused", "counter `n`: tcp-refused has no flags"),
        ("flags = \"S/SA\"", "turns = 3", "counter `n`: tcp-syn has no turns"),
        ("at-least = 1", "at-least = 5, at-most = 2", "has an `at-least` above its `at-most`"),
        ("kind =", "sort =", "unknown field `sort`"),
        ("at-least = 1", "at-most = 1", "no condition with `at-least`"),
        ("confidence = 0.5", "confidence = 50", "`confidence` lies between 0 and 1"),
        ("flags", "measure = \"distinct\", flags", "counter `n` needs `of`"),
    ] {
        let told = fault(&GOOD.replacen(from, to, 1));
        assert!(told.contains(said), "{told}");
    }
    assert!(fault(&format!("{GOOD}{GOOD}")).contains("twice"));
}

#[test]
fn a_name_that_is_known_takes_the_place() {
    let mut signatures = Signatures::built_in();
    let many = signatures.iter().len();
    signatures.extend(&GOOD.replace("\"x\"", "\"syn-flood\"")).unwrap();
    assert_eq!((signatures.iter().len(), signatures.get("syn-flood").unwrap().title.as_str()), (many, "X"));
    signatures.extend(GOOD).unwrap();
    assert_eq!(signatures.iter().len(), many + 1);
}

#[test]
fn what_is_written_is_read_again() {
    for signature in Signatures::built_in().iter() {
        let text = serde_json::to_string(signature).unwrap();
        assert_eq!(&serde_json::from_str::<Signature>(&text).unwrap(), signature);
    }
}

#[test]
fn the_documentation_is_about_these_signatures() {
    let text = fs::read_to_string(pages().join("../detection.md")).unwrap();
    for signature in Signatures::built_in().iter() {
        assert!(text.contains(&format!("(signatures/{}.md)", signature.name)), "{}", signature.name);
    }
    let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mut signatures = Signatures::default();
    signatures.extend(example).unwrap();
    assert_eq!(signatures.iter().len(), 1);
}

#[test]
fn a_set_of_ports_stands_for_all_of_it() {
    let sets = "[ports]\nmine = [81, \"90-99\"]\n";
    let named = format!("{sets}{}", GOOD.replace("[80, \"1000-2000\"]", "[\"mine\", 80, \"collectors\"]"));
    let mut signatures = Signatures::built_in();
    signatures.extend(&named).unwrap();
    let ports = &signatures.get("x").unwrap().count[0].target_ports;
    for (port, expected) in [(81, true), (95, true), (80, true), (514, true), (82, false)] {
        assert_eq!(ports.iter().any(|range| range.contains(port)), expected, "{port}");
    }
    // Of a later file too; a name that means nothing is an error where it stands.
    signatures.extend(&GOOD.replace("80, \"1000-2000\"", "\"mine\"")).unwrap();
    let error = signatures.extend(&GOOD.replace("80, \"1000-2000\"", "\"nine\"")).unwrap_err();
    let SignatureError::Form(error) = error else { panic!("{error}") };
    assert!(error.message().contains("\"nine\" is no range"), "{error}");
    assert!(error.span().is_some());
}
