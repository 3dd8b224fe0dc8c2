//! Playing in which everything moves: notes on all channels with every message that the synth knows, every parameter of the table, the
//! routes, the steps, the path, the corners and the transport. Part of a program that counts allocations and frees.

use engine::audio::{Event, EventKind, Expression, NoteAddress};
use engine::params::{
    Controls, KeyPitches, ModDestination, ModSource, NOTE_MODULATED, NoteModulated, PadPath, ParamId, PathPoint,
    Retune, StepLevels, TABLE, Transport,
};
use support::Random;
use support::script::{bend, point};

/// Rows of the table that move before each call.
const ROWS_MOVED: usize = 8;
/// Values that move notes by keys are told of these channels most often.
const BUSY_CHANNELS: usize = 3;

/// The state of a session.
pub struct Storm {
    random: Random,
    controls: Controls,
    /// Moves of each row of the table to another value.
    moves: [u32; ParamId::COUNT],
}

impl Storm {
    /// A session that depends on `seed` alone.
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), controls: point(0.0), moves: [0; ParamId::COUNT] }
    }

    /// A number in `[0, limit)`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.random.below(limit)
    }

    /// The fewest moves that a row of the table has made.
    pub fn fewest_moves(&self) -> u32 {
        self.moves.iter().copied().min().unwrap_or(0)
    }

    /// Moves some rows of the table, and what has no row: half of the time to the default, so that most calls have something to be heard.
    pub fn controls(&mut self) -> Controls {
        for _ in 0..ROWS_MOVED {
            let index = self.random.below(TABLE.len());
            let row = &TABLE[index];
            let value = match self.random.below(8) {
                0 => row.scale.min(),
                1 => row.scale.max(),
                2 | 3 => row.scale.value(self.random.below(1_001) as f32 / 1_000.0),
                _ => row.default,
            };
            self.moves[index] += u32::from(value != row.of(&self.controls));
            row.set(&mut self.controls, value);
        }
        self.move_what_has_no_row();
        self.controls
    }

    fn move_what_has_no_row(&mut self) {
        let random = &mut self.random;
        let controls = &mut self.controls;
        let route = random.below(controls.routes.len());
        let route = &mut controls.routes[route];
        let mut source = || ModSource::ALL[random.below(ModSource::ALL.len())];
        (route.source, route.via) = (source(), source());
        route.destination = ModDestination::ALL[random.below(ModDestination::ALL.len())];
        controls.steps = StepLevels::FIRST.with(random.below(16), random.below(3) as f32 - 1.0);
        let mut part = || random.below(9) as f32 / 8.0;
        let places = [[0.0, part(), part()], [0.3, part(), part()], [0.3 + part(), part(), part()]];
        controls.pad_path = PadPath::recorded(&places.map(PathPoint::from));
        controls.corners[random.below(4)][random.below(7)] = random.below(7) as f32 - 3.0;
        controls.seed = random.below(3) as u64;
        let beat = (random.below(2) == 0).then(|| random.below(100) as f64);
        controls.transport = Transport { tempo_bpm: 5.0 + random.below(900) as f64, beat };
    }

    /// Up to three events within a call of `length` samples.
    pub fn events(&mut self, length: usize, events: &mut Vec<Event>) {
        events.clear();
        for _ in 0..self.random.below(4) {
            let kind = self.event();
            events.push(Event { offset: self.random.below(length), kind });
        }
        events.sort_by_key(|event| event.offset);
    }

    /// The tuning of the project: of a scale without one of its keys.
    pub fn pitches(&mut self) -> KeyPitches {
        let silent_key = self.random.below(128) as u8;
        KeyPitches::new(|key| (key != silent_key).then(|| f64::from(key) + 0.25))
    }

    /// [0, 1] in steps of 1/127.
    fn seven_bits(&mut self) -> f32 {
        self.random.below(128) as f32 / 127.0
    }

    fn channel(&mut self) -> u8 {
        let channels = [BUSY_CHANNELS, 16][self.random.below(2)];
        self.random.below(channels) as u8
    }

    fn address(&mut self, key: u8) -> NoteAddress {
        let id = (self.random.below(4) == 0).then(|| self.random.below(50) as i32);
        NoteAddress { id, ..NoteAddress::key(self.channel(), key) }
    }

    fn event(&mut self) -> EventKind {
        let key = 24 + self.random.below(80) as u8;
        match self.random.below(17) {
            0..=5 => EventKind::NoteOn { note: self.address(key), velocity: self.seven_bits() },
            6 | 7 => EventKind::NoteOff { notes: self.address(key), velocity: self.seven_bits() },
            8 => self.pedal(),
            9 => EventKind::Choke { notes: self.address(key) },
            10 => bend(self.random.below(5) as f32 - 2.0),
            11 => self.expression(key),
            12 | 13 => self.controller(),
            14 => self.retune(key),
            15 => self.modulation(key),
            _ => self.end_of_all(),
        }
    }

    /// Sustain, sostenuto or soft.
    fn pedal(&mut self) -> EventKind {
        let (channel, controller) = (self.channel(), [64, 66, 67][self.random.below(3)]);
        EventKind::Controller { channel, controller, value: self.random.below(2) as f32 }
    }

    /// All sound off, seldom, or all notes off.
    fn end_of_all(&mut self) -> EventKind {
        let controller = if self.random.below(8) == 0 { 120 } else { 123 };
        EventKind::Controller { channel: self.channel(), controller, value: 0.0 }
    }

    /// Anything that a note or a channel can be told.
    fn expression(&mut self, key: u8) -> EventKind {
        let value = self.random.below(3) as f32 - 1.0;
        let expressions =
            [Expression::TuningSemitones, Expression::Gain, Expression::Pan, Expression::Pressure, Expression::Timbre];
        let (channel, controller) = (self.channel(), self.random.below(128) as u8);
        match self.random.below(7) {
            5 => EventKind::ChannelPressure { channel, pressure: value },
            6 => EventKind::Controller { channel, controller, value },
            index => EventKind::Expression { notes: self.address(key), expression: expressions[index], value },
        }
    }

    /// A parameter of some notes, by its whole range and beyond.
    fn modulation(&mut self, key: u8) -> EventKind {
        let parameter = NoteModulated::at(self.random.below(NOTE_MODULATED)).expect("it is one of them");
        let offset = [0.0, 0.3, -1.0, 2.0, f32::NAN][self.random.below(5)];
        EventKind::Modulate { notes: self.address(key), parameter, offset }
    }

    /// A change of one key or of one of twelve.
    fn retune(&mut self, key: u8) -> EventKind {
        let (moves_notes, parts) = (self.random.below(2) == 0, self.random.below(1 << 21) as u32);
        EventKind::Retune(match self.random.below(2) {
            0 => Retune::Key { key, pitch: parts, moves_notes },
            _ => Retune::Class { channels: 1, class: key % 12, offset: parts as i32 - (1 << 20), moves_notes },
        })
    }

    /// A controller that the synth knows: volume, pan, expression, registered parameters, zones, resets.
    fn controller(&mut self) -> EventKind {
        const KNOWN: [u8; 22] =
            [1, 2, 6, 7, 10, 11, 38, 39, 42, 43, 64, 74, 96, 97, 98, 99, 100, 101, 120, 121, 123, 124];
        let controller = KNOWN[self.random.below(KNOWN.len())];
        // Registered parameters 0 (range of the wheel) and 6 (zone) are selected often.
        let steps =
            if controller == 100 { 6 * self.random.below(2) } else { self.random.below(2) * self.random.below(128) };
        EventKind::Controller { channel: self.random.below(2) as u8, controller, value: steps as f32 / 127.0 }
    }
}
