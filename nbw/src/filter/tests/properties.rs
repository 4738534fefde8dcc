use proptest::{collection::vec, prelude::*};

use super::*;

fn component() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,3}", "[a-z]{1,2}\\.(service|slice|scope)", ".{1,8}".prop_map(|name| name.replace('/', "_"))]
}

fn path() -> impl Strategy<Value = String> {
    vec(component(), 0..5).prop_map(|names| format!("/{}", names.join("/")))
}

fn below(path: &str, child: &str) -> String {
    format!("{}/{child}", path.trim_end_matches('/'))
}

proptest! {
    #[test]
    fn what_a_cgroup_pattern_matches_it_matches_with_all_children(
        pattern in "(/(\\*|\\*\\*|[ab]|[ab]\\*|\\?|[{]a,b[}])){1,4}", path in "/(a|b|ab)(/(a|b|ab)){0,4}", child in component(),
    ) {
        if cgroup(&pattern, &path) {
            prop_assert!(cgroup(&pattern, &below(&path, &child)));
        }
    }

    #[test]
    fn a_path_matches_itself_and_its_children_and_not_its_siblings(path in path(), child in component()) {
        // A literal path can be a bad glob: then it is an error, not a wrong answer.
        if let Ok(some) = filter(&[], &[&path], &[], &[]) {
            prop_assume!(!path.split('/').any(|name| name == "."));
            prop_assert!(wants(&some, &path));
            prop_assert!(wants(&some, &below(&path, &child)));
            let sibling = format!("{path}x");
            let is_exact = path != "/" && !path.contains(['*', '?', '[', '{']);
            prop_assert_ne!(is_exact && wants(&some, &sibling), true);
        }
    }

    #[test]
    fn nothing_panics(pattern in ".{0,20}", path in path()) {
        let values = [pattern.as_str()];
        if let Ok(some) = filter(&values, &values, &values, &values) {
            some.wants_interface(&path);
            wants(&some, &path);
            some.unknown_interfaces(&["eth0"]);
        }
    }

    #[test]
    fn each_beginning_of_an_id_finds_it(length in 4..64_usize, id in "[0-9a-f]{64}") {
        let path = format!("/system.slice/docker-{id}.scope/x");
        prop_assert!(container(&id[..length], &path));
    }
}
