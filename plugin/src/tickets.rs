//! Which of several requests counts, and which sounds have a change pending. Main and job threads.
//!
//! Every request takes a ticket, and a newer ticket makes the older ones void: of many requests the last one counts.

use engine::import::Choice;
use parking_lot::Mutex;

/// Hands out tickets and knows which one is the newest.
#[derive(Default)]
pub struct Tickets(Mutex<u64>);

impl Tickets {
    /// A ticket that makes all earlier ones void.
    pub fn next(&self) -> u64 {
        let mut newest = self.0.lock();
        *newest += 1;
        *newest
    }

    /// Does `work` if the ticket is the newest; nobody takes a newer one meanwhile.
    pub fn redeem(&self, ticket: u64, work: impl FnOnce()) {
        let newest = self.0.lock();
        if *newest == ticket {
            work();
        }
    }

    /// Whether a newer one was taken.
    pub fn is_void(&self, ticket: u64) -> bool {
        *self.0.lock() != ticket
    }
}

/// What is on its way to one sound: choices of the user, and its point in another pack.
#[derive(Default)]
pub struct PendingChanges(Mutex<(usize, Option<Choice>)>);

impl PendingChanges {
    /// A job for the sound is in line; with the choice if the user made one.
    pub fn begin(&self, choice: Option<Choice>) {
        let (jobs, newest) = &mut *self.0.lock();
        *jobs += 1;
        *newest = choice.or(*newest);
    }

    /// A job for the sound has ended.
    pub fn end(&self) {
        let (jobs, newest) = &mut *self.0.lock();
        *jobs -= 1;
        *newest = newest.filter(|_| *jobs > 0);
    }

    /// The choices are void.
    pub fn forget(&self) {
        self.0.lock().1 = None;
    }

    /// Whether there is anything.
    pub fn is_busy(&self) -> bool {
        self.0.lock().0 > 0
    }

    /// The newest choice.
    pub fn choice(&self) -> Option<Choice> {
        self.0.lock().1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_tickets_the_last_one_counts() {
        let tickets = Tickets::default();
        let (first, second) = (tickets.next(), tickets.next());
        let mut redeemed = Vec::new();
        tickets.redeem(first, || redeemed.push(first));
        tickets.redeem(second, || redeemed.push(second));
        assert_eq!(redeemed, [second]);
        assert!(tickets.is_void(first) && !tickets.is_void(second));
    }

    #[test]
    fn the_newest_choice_is_known_until_all_has_ended() {
        let (pending_changes, choice) = (PendingChanges::default(), Choice { key: Some(50.0), region_s: None });
        pending_changes.begin(Some(choice));
        pending_changes.begin(None);
        pending_changes.end();
        assert!(pending_changes.is_busy() && pending_changes.choice() == Some(choice));
        pending_changes.end();
        assert!(!pending_changes.is_busy() && pending_changes.choice().is_none());
    }
}
