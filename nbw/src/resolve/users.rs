//! From a uid to the name of the user.
//!
//! The system may ask a directory (LDAP, SSSD) for it, which takes as long as it takes: so that is done in a thread of its
//! own, which nobody waits for. Until it has answered, and where there is no name, a user is called by his number.

use std::{
    collections::HashMap,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use nix::unistd::{Uid, User};

use crate::text;

/// How long an answer holds. Services with `DynamicUser=` have names only while they run.
const FRESH: Duration = Duration::from_secs(300);

/// Names are kept of this many users: containers can have tens of thousands of uids.
const KEPT: usize = 4_096;

/// The users known so far.
#[derive(Debug)]
pub struct Users {
    known: HashMap<u32, Known>,
    questions: mpsc::Sender<u32>,
    answers: mpsc::Receiver<Answer>,
}

/// A uid and its name, cleaned.
type Answer = (u32, Option<String>);

#[derive(Debug)]
struct Known {
    name: Arc<str>,
    /// When it was asked for.
    asked: Instant,
    waiting: bool,
}

impl Default for Users {
    fn default() -> Self {
        Self::new()
    }
}

impl Users {
    /// Nobody known yet; names are those of this system.
    pub fn new() -> Self {
        Self::named_by(|uid| Some(User::from_uid(Uid::from_raw(uid)).ok()??.name))
    }

    fn named_by(look_up: impl Fn(u32) -> Option<String> + Send + 'static) -> Self {
        let (questions, asked) = mpsc::channel::<u32>();
        let (tell, answers) = mpsc::channel();
        // It ends with the questions. One that hangs in a look-up is left to the end of the process.
        let answer = move || {
            for uid in asked {
                let name = look_up(uid).map(|name| text::clean(&name).into_owned());
                if tell.send((uid, name)).is_err() {
                    break;
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("users".to_owned()).spawn(answer) {
            tracing::debug!("users are called by their numbers: no thread to ask for their names: {error}");
        }
        Self { known: HashMap::new(), questions, answers }
    }

    /// The user's name, or the number for as long as there is none. Never waits: a name that is not known is there some
    /// moments later.
    pub fn name(&mut self, uid: u32) -> Arc<str> {
        self.take_answers();
        let stale = |known: &Known| !known.waiting && known.asked.elapsed() > FRESH;
        if self.known.get(&uid).is_none_or(stale) {
            self.ask(uid);
        }
        self.known.get(&uid).map_or_else(|| number(uid), |known| Arc::clone(&known.name))
    }

    fn take_answers(&mut self) {
        for (uid, name) in self.answers.try_iter() {
            if let Some(known) = self.known.get_mut(&uid) {
                known.name = name.map_or_else(|| number(uid), Arc::from);
                known.waiting = false;
            }
        }
    }

    fn ask(&mut self, uid: u32) {
        if self.known.len() >= KEPT {
            // Those that are waited for are few, unless the directory hangs: then nothing more is asked.
            self.known.retain(|_, known| known.waiting);
        }
        if self.known.len() < KEPT && self.questions.send(uid).is_ok() {
            let name = self.known.get(&uid).map_or_else(|| number(uid), |known| Arc::clone(&known.name));
            self.known.insert(uid, Known { name, asked: Instant::now(), waiting: true });
        }
    }
}

fn number(uid: u32) -> Arc<str> {
    uid.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Until the user is called otherwise than by his number.
    fn named(users: &mut Users, uid: u32) -> Arc<str> {
        let start = Instant::now();
        loop {
            let name = users.name(uid);
            if name != number(uid) {
                return name;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{uid} never got a name");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn root_is_root() {
        assert_eq!(&*named(&mut Users::new(), 0), "root");
    }

    #[test]
    fn a_name_is_cleaned_and_one_without_keeps_his_number() {
        let mut users = Users::named_by(|uid| (uid != 7).then(|| format!("user\u{1B}{uid}")));
        assert_eq!(&*users.name(7), "7");
        assert_eq!(&*named(&mut users, 8), "user\u{FFFD}8");
        // Asked before the other, so answered by now.
        assert_eq!(&*users.name(7), "7");
        assert!(!users.known[&7].waiting);
    }

    #[test]
    fn each_is_asked_for_once() {
        let (tell, asked) = mpsc::channel();
        let mut users = Users::named_by(move |uid| {
            tell.send(uid).ok()?;
            Some(format!("user {uid}"))
        });
        for _ in 0..3 {
            for uid in [1, 2] {
                named(&mut users, uid);
            }
        }
        drop(users);
        assert_eq!(asked.iter().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_directory_that_hangs_holds_nobody_up() {
        let (let_go, hanging) = mpsc::channel::<()>();
        let mut users = Users::named_by(move |_| {
            let _ = hanging.recv();
            None
        });
        for uid in 0..2 * KEPT as u32 {
            assert_eq!(users.name(uid), number(uid));
        }
        assert_eq!(users.known.len(), KEPT);
        drop((users, let_go));
    }

    #[test]
    fn no_more_are_kept_than_needed() {
        let mut users = Users::named_by(|uid| Some(format!("user {uid}")));
        for uid in 0..KEPT as u32 {
            users.name(uid);
        }
        // The last to be asked for: all are answered.
        named(&mut users, KEPT as u32 - 1);
        assert_eq!(users.known.len(), KEPT);
        assert_eq!(&*named(&mut users, 9_999_999), "user 9999999");
        assert_eq!(users.known.len(), 1);
    }
}
