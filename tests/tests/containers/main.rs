//! Containers of real runtimes: each has its name, its runtime, and exactly its own bytes.

mod bytes;
mod kubernetes;
mod names;

use serde_json::Value;

use nbw_tests::lab::Totals;

/// The rows of the container with this name.
fn rows<'a>(snapshot: &'a Value, name: &str) -> Vec<&'a Value> {
    let rows = snapshot["groups"].as_array().expect("groups");
    rows.iter().filter(|row| row["kind"] == "container" && row["name"] == name).collect()
}

/// Whether there is a container with this name, of this runtime.
fn has(snapshot: &Value, name: &str, runtime: &str) -> bool {
    rows(snapshot, name).iter().any(|row| row["runtime"] == runtime)
}

/// The row that `--by container` has for this id.
///
/// # Panics
/// When there is not exactly one.
fn container<'a>(snapshot: &'a Value, id: &str) -> &'a Value {
    let all = snapshot["containers"].as_array().expect("containers");
    let rows: Vec<&Value> = all.iter().filter(|row| row["id"] == id).collect();
    assert_eq!(rows.len(), 1, "rows of {id}: {snapshot}");
    rows[0]
}

/// What a container has moved through one interface.
///
/// # Panics
/// When there is not exactly one such row.
fn moved(snapshot: &Value, name: &str, interface: &str) -> Totals {
    let rows: Vec<&Value> = rows(snapshot, name).into_iter().filter(|row| row["interface"] == interface).collect();
    assert_eq!(rows.len(), 1, "rows of {name} on {interface}: {snapshot}");
    Totals::of(rows[0])
}
