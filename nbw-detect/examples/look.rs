//! For developing: `look FILE...` prints events.
use nbw_detect::{Engine, Limits, Signatures, capture::Reader};
fn main() {
    let signatures = Signatures::built_in();
    for file in std::env::args().skip(1) {
        let mut engine = Engine::new(&signatures, Limits::default());
        let mut reader = match Reader::open(file.as_ref()) {
            Ok(r) => r,
            Err(e) => {
                println!("{e}");
                continue;
            }
        };
        let start = std::time::Instant::now();
        let mut n = 0u64;
        while let Some(facts) = reader.next_facts() {
            match facts {
                Ok(f) => {
                    n += 1;
                    engine.observe(&f)
                }
                Err(e) => {
                    println!("{e}");
                    break;
                }
            }
        }
        let events = engine.finish();
        println!("== {file} {n} {:?}", start.elapsed());
        for e in events {
            println!(
                "  {:?} {} {:?} n={} -> {:?} n={} c={} {:?} {}..{}",
                e.kind,
                e.signature,
                &e.sources[..e.sources.len().min(3)],
                e.source_count,
                &e.targets[..e.targets.len().min(4)],
                e.target_count,
                e.confidence,
                e.evidence,
                e.first_seen,
                e.last_seen
            );
        }
    }
}
