//! What the databases of the various makers say about an address.

use std::sync::Arc;

use serde::{Deserialize, de::IgnoredAny};

use super::Place;
use crate::text;

/// DB-IP and others write this where they do not know (ISO 3166-1 leaves it to its users).
const UNKNOWN_COUNTRY: &str = "ZZ";

/// A record of any of the layouts; a field of another type than expected is as good as none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    /// GeoLite2, GeoIP2, DB-IP: an object. ipinfo: the code, or the name where there is a `country_code`.
    country: Lenient<Country>,
    /// ipinfo Lite, and several free databases.
    country_code: Lenient<String>,
    /// ipinfo.
    country_name: Lenient<String>,
    /// GeoLite2 ASN, GeoIP2 ISP, DB-IP ASN.
    autonomous_system_number: Lenient<u32>,
    /// The same.
    autonomous_system_organization: Lenient<String>,
    /// ipinfo: `AS64500`; others a number.
    asn: Lenient<Asn>,
    /// ipinfo Lite and country_asn.
    as_name: Lenient<String>,
    /// ipinfo ASN.
    name: Lenient<String>,
}

/// What it should be, or anything else.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Expected(T),
    Other(IgnoredAny),
}

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

impl<T> Lenient<T> {
    fn get(self) -> Option<T> {
        match self {
            Self::Expected(value) => Some(value),
            Self::Other(_) => None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Country {
    Text(String),
    Object {
        #[serde(default)]
        iso_code: Lenient<String>,
        #[serde(default)]
        names: Lenient<Names>,
    },
}

#[derive(Debug, Deserialize)]
struct Names {
    en: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Asn {
    Number(u32),
    Text(String),
}

impl Record {
    pub(super) fn into_place(self) -> Place {
        let network = network(
            self.autonomous_system_number.get().map(Asn::Number).or(self.asn.get()),
            self.autonomous_system_organization.get().or(self.as_name.get()).or(self.name.get()),
        );
        let (code, name) = match (self.country.get(), self.country_code.get()) {
            (Some(Country::Object { iso_code, names }), _) => (iso_code.get(), names.get().map(|names| names.en)),
            (Some(Country::Text(name)), Some(code)) => (Some(code), Some(name)),
            (Some(Country::Text(code)), None) => (Some(code), self.country_name.get()),
            (None, code) => (code, self.country_name.get()),
        };
        let country = code.filter(|code| is_iso_code(code)).map(Arc::from);
        Place { country, country_name: name.and_then(|name| clean(&name)), network }
    }
}

/// `AS64500 Example Net`, or `AS64500`. A name without a number may be anything's, so it is none.
fn network(asn: Option<Asn>, organisation: Option<String>) -> Option<Arc<str>> {
    let asn = match asn? {
        Asn::Number(number) => format!("AS{number}"),
        Asn::Text(text) => text,
    };
    // Number 0 is nobody's (RFC 7607): free databases mean "not routed" by it.
    if matches!(asn.as_str(), "" | "AS0") {
        return None;
    }
    clean(&format!("{asn} {}", organisation.unwrap_or_default()))
}

fn is_iso_code(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) && code != UNKNOWN_COUNTRY
}

fn clean(name: &str) -> Option<Arc<str>> {
    let name = name.trim();
    (!name.is_empty()).then(|| text::clean(name).into())
}
