//! `nft -t -j list ruleset`: without the elements of sets.

use serde_json::Value;

use super::{Counted, Hook, MOST_TEXT, Verdict, id};
use crate::text;

/// Its rules that count and drop, without those of the tables (family and name) that `told` says are told elsewhere.
pub(super) fn parse(text: &str, told: impl Fn(&str, &str) -> bool) -> Vec<Counted> {
    let ruleset: Value = serde_json::from_str(text).unwrap_or_default();
    let objects = ruleset["nftables"].as_array().map_or(&[][..], Vec::as_slice);
    let rules = objects.iter().filter_map(|object| object.get("rule"));
    rules.filter_map(|rule| verdict(rule, objects, &told)).collect()
}

fn verdict(rule: &Value, objects: &[Value], told: &impl Fn(&str, &str) -> bool) -> Option<Counted> {
    let place = ["family", "table", "chain"].map(|key| rule[key].as_str().unwrap_or_default());
    let expressions = rule["expr"].as_array()?;
    let word = ["drop", "reject"].into_iter().find(|word| expressions.iter().any(|part| part.get(word).is_some()))?;
    let counter = expressions.iter().find_map(|part| part.get("counter"))?;
    let (packets, bytes) = (counter["packets"].as_u64()?, counter["bytes"].as_u64()?);
    let comment = rule["comment"].as_str().map_or_else(|| word.to_owned(), |comment| format!("{word} ({comment})"));
    // A ruleset that is read anew may give the same handle to another rule.
    let says: Vec<String> =
        expressions.iter().filter(|part| part.get("counter").is_none()).map(Value::to_string).collect();
    let verdict = Verdict {
        id: id(&says.concat()),
        tool: "nft",
        chain: text::clean(&place.join(" ")).into_owned().into(),
        number: rule["handle"].as_u64(),
        hook: hook(objects, place),
        text: text::clean_to(&comment, MOST_TEXT).into_owned().into(),
    };
    (!told(place[0], place[1])).then_some((verdict, packets, bytes))
}

fn hook(objects: &[Value], [family, table, chain]: [&str; 3]) -> Hook {
    let chains = objects.iter().filter_map(|object| object.get("chain"));
    let mut same = chains.filter(|it| it["family"] == family && it["table"] == table && it["name"] == chain);
    match same.next().and_then(|chain| chain["hook"].as_str()) {
        Some("input") => Hook::Input,
        Some("output") => Hook::Output,
        Some("forward") => Hook::Forward,
        _ => Hook::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULESET: &str = r#"{"nftables": [{"metainfo": {"json_schema_version": 1}},
        {"table": {"family": "inet", "name": "fw", "handle": 1}},
        {"chain": {"family": "inet", "table": "fw", "name": "in", "handle": 1, "type": "filter", "hook": "input"}},
        {"rule": {"family": "inet", "table": "fw", "chain": "in", "handle": 4, "comment": "no telnet", "expr": [
          {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 23}},
          {"counter": {"packets": 5, "bytes": 300}}, {"drop": null}]}},
        {"rule": {"family": "inet", "table": "fw", "chain": "in", "handle": 5, "expr": [{"drop": null}]}},
        {"rule": {"family": "ip", "table": "filter", "chain": "INPUT", "handle": 9, "expr": [
          {"counter": {"packets": 1, "bytes": 2}}, {"drop": null}]}}]}"#;

    #[test]
    fn rules_that_count_and_drop_are_found_once() {
        let found = parse(RULESET, |family, table| (family, table) == ("ip", "filter"));
        let [(verdict, 5, 300)] = &found[..] else { unreachable!("{found:?}") };
        assert_eq!((verdict.number, verdict.owner().starts_with("firewall nft inet fw in ")), (Some(4), true));
        // What it has counted is not what it says; what it matches is.
        let of = |from: &str, to: &str| parse(&RULESET.replace(from, to), |_, _| false)[0].0.id.clone();
        assert_eq!(of("\"packets\": 5", "\"packets\": 6"), verdict.id);
        assert_ne!(of("\"right\": 23", "\"right\": 22"), verdict.id);
        assert_eq!((verdict.hook, &*verdict.text), (Hook::Input, "drop (no telnet)"));
        assert_eq!(verdict.show(), "nft -a list chain inet fw in");
        assert_eq!(parse(RULESET, |_, _| false).len(), 2);
    }

    #[test]
    fn nonsense_is_nothing() {
        for text in ["", "[]", "{}", r#"{"nftables": 3}"#, r#"{"nftables": [{"rule": {"expr": 1}}]}"#] {
            assert_eq!(parse(text, |_, _| false), [], "{text}");
        }
    }
}
