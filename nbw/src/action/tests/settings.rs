use std::{fs, os::unix::fs::PermissionsExt};

use super::{actions, refusal};
use crate::action::{Dispatcher, Settings, check};

#[test]
fn defaults_are_as_documented() {
    let actions = actions(
        "[a]\ntype = \"log\"\n[b]\ntype = \"syslog\"\n[c]\ntype = \"alertmanager\"\nurl = \"http://x\"\n\
         [d]\ntype = \"email\"\nserver = \"x\"\nfrom = \"a@x\"\nto = [\"b@x\"]\n[e]\ntype = \"exec\"\ncommand = [\"/bin/true\"]",
    );
    let words: Vec<&str> = actions.values().map(Settings::word).collect();
    assert_eq!(words, ["log", "syslog", "alertmanager", "email", "exec"]);
    let shown = format!("{actions:?}");
    for default in ["\"/dev/log\"", "\"daemon\"", "timeout: 10s, resend: 60s", "tls: Starttls", "timeout: 30s"] {
        assert!(shown.contains(default), "{default} is not in {shown}");
    }
}

#[test]
fn unknown_keys_are_errors() {
    for kind in Settings::TYPES {
        let toml = format!("[x]\ntype = \"{kind}\"\nurl = \"http://x\"\ncommand = []\ncolour = \"red\"");
        let error = toml::from_str::<std::collections::BTreeMap<String, Settings>>(&toml).unwrap_err().to_string();
        assert!(error.contains("unknown field"), "{kind}: {error}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let mail = |more: &str| format!("[a]\ntype = \"email\"\nfrom = \"nbw@x.org\"\nto = [\"me@x.org\"]\n{more}");
    for (toml, sentence) in [
        ("type = \"exec\"\ncommand = []", "command is empty: give a program and its arguments"),
        (
            "type = \"exec\"\ncommand = [\"tell\"]",
            "command \"tell\" is no absolute path: give the program's whole path",
        ),
        ("type = \"exec\"\ncommand = [\"/none\"]", "command \"/none\" cannot be run: No such file or directory"),
        ("type = \"exec\"\ncommand = [\"/etc/passwd\"]", "cannot be run: it is no executable file (chmod +x)"),
        ("type = \"exec\"\ncommand = [\"/etc\"]", "cannot be run: it is no executable file (chmod +x)"),
        ("type = \"exec\"\ncommand = [\"/bin/true\"]\ntimeout = \"0s\"", "timeout has to be longer than nothing"),
        (
            "type = \"webhook\"\nurl = \"example.org\"",
            "url is no address (relative URL without a base): give one, such as",
        ),
        ("type = \"webhook\"\nurl = \"ftp://example.org\"", "url begins with ftp:, and not with http:// or https://"),
        (
            "type = \"webhook\"\nurl = \"http://x\"\nheaders = { \"a b\" = \"c\" }",
            "headers has a name that HTTP does not allow",
        ),
        (
            "type = \"webhook\"\nurl = \"http://x\"\nheaders = { a = \"b\\nc\" }",
            "headers has a value that HTTP does not allow",
        ),
        ("type = \"webhook\"\nurl = \"https://x\"\nca_file = \"/none\"", "ca_file /none cannot be read: No such file"),
        (
            "type = \"webhook\"\nurl = \"https://x\"\nca_file = \"/dev/null\"",
            "ca_file /dev/null cannot be read: not a regular file",
        ),
        (
            "type = \"webhook\"\nurl = \"https://x\"\nca_file = \"/etc/passwd\"",
            "ca_file /etc/passwd has no certificate",
        ),
        ("type = \"alertmanager\"\nurl = \"http://x\"\nresend = \"0s\"", "resend has to be longer than nothing"),
        ("type = \"syslog\"\nfacility = \"deamon\"", "facility \"deamon\" is not known: give one such as daemon"),
        ("type = \"syslog\"\naddress = \"tcp://host\"", "address \"tcp://host\" has no port"),
        ("type = \"syslog\"\naddress = \"http://host\"", "address \"http://host\" is no address of a log"),
    ] {
        let shown = refusal(&format!("[a]\n{toml}"));
        assert!(shown.starts_with("action a: ") && shown.contains(sentence), "{toml}: {shown}");
    }
    for (toml, sentence) in [
        ("server = \"a b\"", "server \"a b\" is no server: give HOST or HOST:PORT"),
        ("server = \"a:99999\"", "server \"a:99999\" is no server"),
        ("server = \"a\"\nusername = \"me\"", "password_file is missing: username needs it"),
        ("server = \"a\"\npassword_file = \"/none\"", "username is missing: password_file needs it"),
        (
            "server = \"a\"\nusername = \"me\"\npassword_file = \"/none\"",
            "password_file /none cannot be read: No such file",
        ),
    ] {
        let shown = refusal(&mail(toml));
        assert!(shown.contains(sentence), "{toml}: {shown}");
    }
    let nobody = mail("server = \"a\"").replace("\"me@x.org\"", "");
    assert!(refusal(&nobody).contains("to is empty: give at least one address"));
    let bad = mail("server = \"a\"").replace("me@x.org", "me");
    assert!(refusal(&bad).contains("to \"me\" is no mail address"));
}

#[test]
fn a_check_starts_nothing_and_finds_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("password");
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let toml = format!(
        "[a]\ntype = \"email\"\nserver = \"[::1]:2525\"\nfrom = \"Net <nbw@x.org>\"\nto = [\"me@x.org\"]\nusername = \"u\"\n\
         password_file = \"{}\"",
        file.display()
    );
    assert!(
        check(&actions(&toml)).unwrap_err().to_string().contains("is empty: its first line has to be the password")
    );
    fs::write(&file, "secret\nmore").unwrap();
    check(&actions(&toml)).unwrap();
    Dispatcher::start(&actions(&toml), "box").unwrap();
}
