//! Messages to the user, shown by the editor until they are dismissed. Any thread but the audio thread.

use parking_lot::Mutex;

use crate::revision::Revision;
use crate::target::Target;

/// Beyond this many the oldest gives way, notes before faults: the window has room for three.
const MOST: usize = 3;

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Something worked, and where to find it.
    Note,
    /// Something did not work; what was there before is kept.
    Fault,
}

/// An imported sound whose region and key may be worth a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Where it went.
    pub target: Target,
    /// Its name.
    pub name: String,
    /// Revision of the project in which it went there.
    pub revision: Revision,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Identity for dismissal.
    pub number: u64,
    /// How much it matters.
    pub weight: Weight,
    /// One clear line.
    pub text: String,
    /// What the user may want to do about it.
    pub offer: Option<Offer>,
}

#[derive(Default)]
struct Board {
    next_number: u64,
    notices: Vec<Notice>,
}

/// The messages of one instance.
#[derive(Default)]
pub struct Notices(Mutex<Board>);

impl Notices {
    /// Says that something worked.
    pub fn note(&self, text: impl Into<String>) {
        self.post(Weight::Note, text.into(), None);
    }

    /// The same, with a way to the region and key of an imported sound.
    pub fn note_with_offer(&self, text: impl Into<String>, offer: Option<Offer>) {
        self.post(Weight::Note, text.into(), offer);
    }

    /// Says that something did not work.
    pub fn fault(&self, text: impl Into<String>) {
        self.post(Weight::Fault, text.into(), None);
    }

    fn post(&self, weight: Weight, text: String, offer: Option<Offer>) {
        let mut board = self.0.lock();
        // A message that is already shown says it all: hosts repeat what fails.
        board.notices.retain(|notice| notice.text != text);
        let number = board.next_number;
        board.next_number += 1;
        board.notices.push(Notice { number, weight, text, offer });
        while board.notices.len() > MOST {
            // Of several files that come in at once each says where it went; what did not work must outlast that.
            // The newest one stays in any case.
            let older = board.notices.len() - 1;
            let oldest_note = board.notices.iter().take(older).position(|notice| notice.weight == Weight::Note);
            board.notices.remove(oldest_note.unwrap_or(0));
        }
    }

    /// Takes one message away.
    pub fn dismiss(&self, number: u64) {
        self.0.lock().notices.retain(|notice| notice.number != number);
    }

    /// Takes a message away that is no longer true.
    pub fn withdraw(&self, text: &str) {
        self.0.lock().notices.retain(|notice| notice.text != text);
    }

    /// All messages, oldest first.
    pub fn all(&self) -> Vec<Notice> {
        self.0.lock().notices.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_note_gives_way_before_any_fault() {
        let notices = Notices::default();
        notices.fault("a fault");
        (1..=4).for_each(|number| notices.note(format!("note {number}")));
        let texts = |notices: &Notices| notices.all().into_iter().map(|notice| notice.text).collect::<Vec<_>>();
        assert_eq!(texts(&notices), ["a fault", "note 3", "note 4"]);
        (1..=3).for_each(|number| notices.fault(format!("fault {number}")));
        assert_eq!(texts(&notices), ["fault 1", "fault 2", "fault 3"]);
    }
}
