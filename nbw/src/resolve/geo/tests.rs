use std::time::UNIX_EPOCH;

use ipnet::IpNet;
use mmdb_writer::{IpVersion, RecordSize, Writer};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use std::fs;

use super::*;

/// A database of these records, in an IPv6 tree as the published ones are.
fn database(records: &[(&str, Value)]) -> Vec<u8> {
    let mut writer = Writer::builder("nbw-test").build_epoch(UNIX_EPOCH).build();
    insert(&mut writer, records);
    writer.to_bytes().unwrap()
}

fn insert(writer: &mut Writer, records: &[(&str, Value)]) {
    for (network, record) in records {
        writer.insert(network.parse::<IpNet>().unwrap(), record).unwrap();
    }
}

fn geolite_country(code: &str, name: &str) -> Value {
    json!({
        "continent": {"code": "EU", "geoname_id": 6255148_u32, "names": {"en": "Europe"}},
        "country": {"geoname_id": 2921044_u32, "iso_code": code, "names": {"de": "anders", "en": name}},
        "registered_country": {"iso_code": "US", "names": {"en": "United States"}},
    })
}

fn geolite_city() -> Value {
    let mut record = geolite_country("DE", "Germany");
    record["city"] = json!({"geoname_id": 2950159_u32, "names": {"en": "Berlin"}});
    record["location"] =
        json!({"accuracy_radius": 20_u16, "latitude": 52.5, "longitude": 13.4, "time_zone": "Europe/Berlin"});
    record["subdivisions"] = json!([{"iso_code": "BE", "names": {"en": "Land Berlin"}}]);
    record
}

fn geolite_asn(number: u32, organisation: &str) -> Value {
    json!({"autonomous_system_number": number, "autonomous_system_organization": organisation})
}

fn write(directory: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// What databases of these records say about an address in their network.
fn place_of(databases: &[Value]) -> Option<Place> {
    let directory = TempDir::new().unwrap();
    let write_one = |(index, record): (usize, &Value)| {
        write(&directory, &format!("{index}.mmdb"), &database(&[("203.0.113.0/24", record.clone())]))
    };
    let paths: Vec<_> = databases.iter().enumerate().map(write_one).collect();
    Geo::open(&paths).unwrap().look_up("203.0.113.7".parse().unwrap())
}

fn place(country: Option<&str>, country_name: Option<&str>, network: Option<&str>) -> Option<Place> {
    let place = Place {
        country: country.map(Arc::from),
        country_name: country_name.map(Arc::from),
        network: network.map(Arc::from),
    };
    Some(place)
}

#[test]
fn each_makers_layout_is_understood() {
    let germany = place(Some("DE"), Some("Germany"), None);
    let network = place(None, None, Some("AS64500 Example Net"));
    let both = place(Some("DE"), Some("Germany"), Some("AS64500 Example Net"));
    for (layout, record, expected) in [
        ("GeoLite2 Country, DB-IP", geolite_country("DE", "Germany"), germany.clone()),
        ("GeoLite2 City", geolite_city(), germany),
        ("GeoLite2 ASN", geolite_asn(64_500, "Example Net"), network.clone()),
        (
            "ipinfo ASN",
            json!({"asn": "AS64500", "name": "Example Net", "domain": "example.net", "type": "isp"}),
            network,
        ),
        (
            "ipinfo Lite",
            json!({"country": "Germany", "country_code": "DE", "continent": "Europe", "asn": "AS64500",
                "as_name": "Example Net", "as_domain": "example.net"}),
            both.clone(),
        ),
        (
            "ipinfo country_asn",
            json!({"country": "DE", "country_name": "Germany", "asn": "AS64500", "as_name": "Example Net"}),
            both,
        ),
        ("ipinfo location", json!({"city": "Berlin", "country": "DE", "lat": "52.5"}), place(Some("DE"), None, None)),
        ("country_code only", json!({"country_code": "DE"}), place(Some("DE"), None, None)),
        ("asn as a number", json!({"asn": 64_500_u32, "org": "x"}), place(None, None, Some("AS64500"))),
    ] {
        assert_eq!(place_of(&[record]), expected, "{layout}");
    }
}

#[test]
fn what_says_nothing_is_no_place() {
    for record in [
        json!({}),
        json!("text"),
        json!([1_u32, 2_u32]),
        json!({"country": {}, "asn": "", "as_name": "x"}),
        json!({"country": 1_u32, "country_code": "ZZ", "autonomous_system_number": "many"}),
        json!({"country": {"iso_code": 7_u32, "names": {"fr": "Allemagne"}}, "name": "anything"}),
        json!({"country": "Deutschland", "asn": "AS0"}),
    ] {
        assert_eq!(place_of(std::slice::from_ref(&record)), None, "{record}");
    }
}

#[test]
fn of_several_databases_the_first_that_knows_is_believed() {
    let databases = [geolite_asn(64_500, "First"), geolite_city(), json!({"country": "FR", "asn": "AS64501"})];
    assert_eq!(place_of(&databases), place(Some("DE"), Some("Germany"), Some("AS64500 First")));
}

#[test]
fn hostile_names_are_cleaned() {
    let records = [geolite_country("DE", "Ger\u{202E}many\n"), geolite_asn(64_500, "\u{1B}]0;owned\u{7}")];
    let expected = place(Some("DE"), Some("Ger\u{FFFD}many"), Some("AS64500 \u{FFFD}]0;owned\u{FFFD}"));
    assert_eq!(place_of(&records), expected);
    assert_eq!(place_of(&[json!({"country_code": "\u{1B}["})]), None);
}

#[test]
fn addresses_are_found_in_their_networks_only() {
    let directory = TempDir::new().unwrap();
    let records = [("203.0.113.0/25", json!({"country": "DE"})), ("2001:db8::/32", json!({"country": "FR"}))];
    let geo = Geo::open(&[write(&directory, "both.mmdb", &database(&records))]).unwrap();
    let country = |ip: &str| geo.look_up(ip.parse().unwrap()).and_then(|place| place.country);
    assert_eq!(country("203.0.113.127").as_deref(), Some("DE"));
    assert_eq!(country("::ffff:203.0.113.127").as_deref(), Some("DE"));
    assert_eq!(country("203.0.113.128"), None);
    assert_eq!(country("2001:db8:ffff::1").as_deref(), Some("FR"));
    assert_eq!(country("2001:db9::1"), None);
}

#[test]
fn a_database_of_ipv4_says_nothing_about_ipv6() {
    for size in [RecordSize::Bits24, RecordSize::Bits28, RecordSize::Bits32] {
        let mut writer = Writer::builder("v4").ip_version(IpVersion::V4).record_size(size).build();
        insert(&mut writer, &[("203.0.113.0/24", json!({"country": "DE"}))]);
        let directory = TempDir::new().unwrap();
        let geo = Geo::open(&[write(&directory, "v4.mmdb", &writer.to_bytes().unwrap())]).unwrap();
        assert_eq!(geo.look_up("203.0.113.7".parse().unwrap()), place(Some("DE"), None, None));
        assert_eq!(geo.look_up("2001:db8::1".parse().unwrap()), None);
        assert!(!geo.databases[0].complained.is_completed());
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_by_name() {
    let directory = TempDir::new().unwrap();
    let not_one = write(&directory, "text.mmdb", b"no database at all");
    for (path, why) in [
        (directory.path().join("absent.mmdb"), "No such file"),
        (directory.path().to_owned(), "not a regular file"),
        (PathBuf::from("/dev/zero"), "not a regular file"),
        (not_one, "not an MMDB database"),
        (write(&directory, "empty.mmdb", b""), "not an MMDB database"),
    ] {
        let failure = Geo::open(std::slice::from_ref(&path)).unwrap_err();
        let sentence = failure.to_string();
        assert!(matches!(failure, Failure::Usage(_)), "{sentence}");
        assert!(sentence.contains(why) && sentence.contains(&*path.to_string_lossy()), "{sentence}");
    }
}

#[test]
fn a_truncated_database_is_refused() {
    let whole = database(&[("203.0.113.0/24", geolite_city())]);
    let directory = TempDir::new().unwrap();
    for length in (0..whole.len()).step_by(7) {
        let path = write(&directory, "cut.mmdb", &whole[..length]);
        assert!(Geo::open(&[path]).is_err(), "{length} of {}", whole.len());
    }
}

/// A record that is a pointer to itself (a type 1 control byte with its offset: MaxMind DB specification 2.0).
#[test]
fn pointers_in_a_circle_end() {
    let mut bytes = database(&[("203.0.113.0/24", json!({"country": "DE"}))]);
    let separator = bytes.windows(16).position(|window| window == [0; 16]).unwrap();
    bytes[separator + 16..separator + 18].copy_from_slice(&[0b0010_0000, 0]);
    let directory = TempDir::new().unwrap();
    let geo = Geo::open(&[write(&directory, "circle.mmdb", &bytes)]).unwrap();
    assert_eq!(geo.look_up("203.0.113.7".parse().unwrap()), None);
    assert!(geo.databases[0].complained.is_completed());
}

proptest! {
    /// Whatever is damaged, a look-up ends and does not panic.
    #[test]
    fn damage_is_survived(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let mut bytes = database(&[("203.0.113.0/24", geolite_city()), ("2001:db8::/32", geolite_asn(64_500, "Net"))]);
        let length = bytes.len();
        for (index, byte) in damage {
            bytes[index.index(length)] = byte;
        }
        if let Ok(reader) = Reader::from_source(bytes) {
            let database = Database { path: PathBuf::new(), reader, complained: Once::new() };
            for ip in ["203.0.113.7", "2001:db8::1", "::", "255.255.255.255"] {
                let _ = database.look_up(ip.parse().unwrap());
            }
        }
    }
}
