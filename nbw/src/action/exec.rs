//! `type = "exec"`: a program is run for each notice.
//!
//! At most one at a time for a rule, so that a program sees an alert's changes in order; some rules beside each other.

mod child;
mod environment;

use std::{
    collections::HashSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Action, Exec, inbox::Item, payload::rule_of, retry::Trouble, wrong};
use crate::{alert::Notice, failure::Failure};

/// So many programs of one action run at a time.
const MOST_AT_ONCE: usize = 8;

/// What is run.
#[derive(Debug, Clone)]
pub(super) struct Program {
    action: Arc<str>,
    path: PathBuf,
    arguments: Vec<String>,
    timeout: Duration,
    /// Ends what runs.
    hurry: CancellationToken,
}

type Rule = (Arc<str>, Arc<str>);

impl Program {
    /// # Errors
    /// Which setting is wrong.
    pub(super) fn new(action: &Arc<str>, settings: &Exec, hurry: CancellationToken) -> Result<Self, Failure> {
        let why = |why| wrong(action, "command", why);
        let Some((program, arguments)) = settings.command.split_first() else {
            return Err(why(
                "is empty: give a program and its arguments, such as [\"/usr/local/bin/tell\", \"-v\"]".to_owned()
            ));
        };
        let path = PathBuf::from(program);
        check(&path).map_err(|reason| why(format!("{program:?} {reason}")))?;
        if settings.timeout.is_zero() {
            return Err(wrong(action, "timeout", "has to be longer than nothing, such as 10s"));
        }
        let (action, timeout) = (Arc::clone(action), settings.timeout);
        Ok(Self { action, path, arguments: arguments.to_vec(), timeout, hurry })
    }
}

fn check(path: &Path) -> Result<(), String> {
    if !path.is_absolute() {
        return Err("is no absolute path: give the program's whole path".into());
    }
    let metadata = fs::metadata(path).map_err(|error| format!("cannot be run: {error}"))?;
    if !metadata.is_file() || metadata.permissions().mode() & 0o111 == 0 {
        return Err("cannot be run: it is no executable file (chmod +x)".into());
    }
    Ok(())
}

/// Runs the program for all that comes, until no more will.
pub(super) async fn run(program: Program, action: Arc<Action>) {
    action.inbox.put_back();
    let mut runs = Runs { program: Arc::new(program), action, running: JoinSet::new(), busy: HashSet::new() };
    while !runs.program.hurry.is_cancelled() {
        runs.start_what_can();
        if runs.is_done() {
            return;
        }
        runs.wait().await;
    }
    while let Some(ended) = runs.running.join_next().await {
        runs.ended(ended.ok());
    }
}

struct Runs {
    program: Arc<Program>,
    action: Arc<Action>,
    running: JoinSet<(Item, Result<(), Trouble>)>,
    busy: HashSet<Rule>,
}

impl Runs {
    fn start_what_can(&mut self) {
        while self.running.len() < MOST_AT_ONCE
            && let Some(item) = self.action.inbox.take_one(|notice: &Notice| !self.busy.contains(&rule_of(notice)))
        {
            self.busy.insert(rule_of(&item.notice));
            let program = Arc::clone(&self.program);
            self.running.spawn(async move {
                let result = child::run(&program, &item.notice).await;
                (item, result)
            });
        }
    }

    fn is_done(&self) -> bool {
        self.running.is_empty() && self.action.inbox.is_closing() && self.action.inbox.counts().0 == 0
    }

    async fn wait(&mut self) {
        let inbox = Arc::clone(&self.action);
        tokio::select! {
            Some(ended) = self.running.join_next() => self.ended(ended.ok()),
            () = inbox.inbox.changed() => {}
            () = self.program.hurry.cancelled() => {}
        }
    }

    fn ended(&mut self, ended: Option<(Item, Result<(), Trouble>)>) {
        let Some((item, result)) = ended else { return };
        self.busy.remove(&rule_of(&item.notice));
        match result {
            Ok(()) => self.action.tally.sent(1),
            Err(trouble) => self.action.failed(1, &trouble),
        }
        self.action.inbox.done(&[item]);
    }
}
