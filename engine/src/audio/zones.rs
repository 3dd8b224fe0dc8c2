//! The two zones of MIDI Polyphonic Expression 1.0: their managers are channels 1 and 16, their members the channels beside these.
//! AUDIO THREAD: plain arithmetic. Channels are counted from 0 here.

/// MIDI channels.
pub(super) const CHANNELS: usize = 16;
/// Most member channels of one zone.
const MOST_MEMBERS: u8 = 15;
const LOWER_MANAGER: usize = 0;
const UPPER_MANAGER: usize = CHANNELS - 1;

/// Numbers of member channels: of the lower zone from channel 1 upwards, of the upper one from channel 14 downwards; 0 without a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Zones {
    lower_members: u8,
    upper_members: u8,
}

impl Zones {
    /// No zone.
    pub(super) const NONE: Self = Self { lower_members: 0, upper_members: 0 };

    /// Creates, resizes or (with 0 members) removes the zone of `manager`, and shortens the other one where the two overlap. Returns false
    /// for a channel that manages none.
    pub(super) fn resize(&mut self, manager: usize, members: u8) -> bool {
        let members = members.min(MOST_MEMBERS);
        let others = (MOST_MEMBERS - 1).saturating_sub(members);
        match manager {
            LOWER_MANAGER => (self.lower_members, self.upper_members) = (members, self.upper_members.min(others)),
            UPPER_MANAGER => (self.upper_members, self.lower_members) = (members, self.lower_members.min(others)),
            _ => return false,
        }
        true
    }

    /// The manager of the zone that a channel is a member of.
    pub(super) fn manager(&self, channel: usize) -> Option<usize> {
        let (lower, upper) = (usize::from(self.lower_members), usize::from(self.upper_members));
        match channel {
            1.. if channel <= lower => Some(LOWER_MANAGER),
            ..UPPER_MANAGER if channel + upper >= UPPER_MANAGER => Some(UPPER_MANAGER),
            _ => None,
        }
    }

    /// Whether a channel manages a zone or is a member of one.
    pub(super) fn is_in_one(&self, channel: usize) -> bool {
        let manages = match channel {
            LOWER_MANAGER => self.lower_members > 0,
            UPPER_MANAGER => self.upper_members > 0,
            _ => false,
        };
        manages || self.manager(channel).is_some()
    }

    /// Bit mask of the channels that a message on `channel` concerns: itself, and the members of the zone that it manages. Bit n stands for
    /// channel n.
    pub(super) fn concerned(&self, channel: usize) -> u16 {
        mask(|other| other == channel || self.manager(other) == Some(channel))
    }

    /// Bit mask of a channel and, if it is a member of a zone, the zone's other members.
    pub(super) fn alike(&self, channel: usize) -> u16 {
        let manager = self.manager(channel);
        mask(|other| other == channel || (manager.is_some() && self.manager(other) == manager))
    }
}

/// Bit mask of the channels for which `is_in` is true.
pub(super) fn mask(is_in: impl Fn(usize) -> bool) -> u16 {
    (0..CHANNELS).filter(|channel| is_in(*channel)).fold(0, |bits, channel| bits | 1 << channel)
}

/// Whether a channel is in a bit mask.
pub(super) fn is_in(channels: u16, channel: usize) -> bool {
    channels >> channel & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_lie_beside_their_managers_and_never_overlap() {
        for lower in 0..=20 {
            for upper in 0..=20 {
                for order in [[(0, lower), (15, upper)], [(15, upper), (0, lower)]] {
                    let mut zones = Zones::NONE;
                    assert!(order.iter().all(|(manager, members)| zones.resize(*manager, *members)));
                    let members = |manager| mask(|channel| zones.manager(channel) == Some(manager));
                    let (low, high) = (members(0), members(15));
                    assert_eq!(low & high, 0);
                    assert_eq!(low, (1_u32.wrapping_shl(u32::from(zones.lower_members)) as u16).wrapping_sub(1) << 1);
                    assert_eq!(high.count_ones(), u32::from(zones.upper_members));
                    let (manager, last) = order[1];
                    assert_eq!(members(manager).count_ones(), u32::from(last.min(15)), "the last message counts");
                }
            }
        }
    }

    #[test]
    fn other_channels_manage_no_zone() {
        let mut zones = Zones::NONE;
        assert!((1..15).all(|channel| !zones.resize(channel, 7)));
        assert_eq!(zones, Zones::NONE);
        assert_eq!((zones.concerned(3), zones.alike(3)), (1 << 3, 1 << 3));
    }
}
