//! A VST3 instance in a host of this crate's own: blocks of 128 samples at 48 kHz, each when it is due, while other threads may call
//! the component. The host of crates.io (`vst3-host`) has one lock for all calls, with which no state is loaded during a block.

use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::Event_::EventTypes_::{
    kNoteExpressionValueEvent, kNoteOffEvent, kNoteOnEvent,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, Event, Event__type0, IAudioProcessor, IAudioProcessorTrait, IComponent,
    IComponentTrait, IEventList, IEventListTrait, NoteExpressionValueEvent, NoteOffEvent, NoteOnEvent, ProcessData,
    ProcessSetup,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    IBStream, IBStreamTrait, IPluginBaseTrait, IPluginFactory, IPluginFactoryTrait, PClassInfo, kInvalidArgument,
    kResultOk, tresult,
};
use nice_plug::wrapper::vst3::vst3::{Class, ComPtr, ComWrapper, Interface};

use crate::clap::{BLOCK_SAMPLES, SAMPLE_RATE_HZ};

/// `ProcessModes::kRealtime`.
const REALTIME: i32 = 0;
/// `SymbolicSampleSizes::kSample32`.
const SAMPLE_32: i32 = 0;
/// `MediaTypes::kAudio`.
const AUDIO: i32 = 0;
/// `BusDirections::kOutput`.
const OUTPUT: i32 = 1;
/// `IStreamSeekMode::kIBSeekSet`, `kIBSeekCur` and `kIBSeekEnd`.
const SEEK: [i32; 3] = [0, 1, 2];
/// Velocity of every note.
const VELOCITY: f32 = 0.8;

/// A playing instance; the recording goes on from call to call.
pub struct Vst3Host {
    component: ComPtr<IComponent>,
    audio: AudioThread,
}

/// What belongs to the host's audio thread.
struct AudioThread {
    processor: ComPtr<IAudioProcessor>,
    events: ComWrapper<Events>,
    /// When the next block is due.
    due: Instant,
    /// Stands round the plug-in's part of each block.
    around: fn(&mut dyn FnMut()),
}

impl Vst3Host {
    /// Starts the one plug-in of a factory. `around` is called for each block and must call its argument once.
    ///
    /// # Safety
    /// `factory` is what a VST3 library's `GetPluginFactory` has returned, and not used elsewhere.
    ///
    /// # Panics
    /// If the plug-in refuses any part of it.
    pub unsafe fn open(factory: *mut c_void, around: fn(&mut dyn FnMut())) -> Self {
        // SAFETY: by the caller's word.
        let factory = unsafe { ComPtr::<IPluginFactory>::from_raw(factory.cast()) }.expect("a factory");
        let component = create(&factory);
        let processor = component.cast::<IAudioProcessor>().expect("the component processes audio");
        let mut setup = ProcessSetup {
            processMode: REALTIME,
            symbolicSampleSize: SAMPLE_32,
            maxSamplesPerBlock: BLOCK_SAMPLES as i32,
            sampleRate: SAMPLE_RATE_HZ,
        };
        // SAFETY: VST3's own order of calls, on one thread, with valid arguments.
        unsafe {
            assert_eq!(component.initialize(std::ptr::null_mut()), kResultOk);
            assert_eq!(processor.setupProcessing(&raw mut setup), kResultOk);
            assert_eq!(component.activateBus(AUDIO, OUTPUT, 0, 1), kResultOk);
            assert_eq!(component.setActive(1), kResultOk);
            assert_eq!(processor.setProcessing(1), kResultOk);
        }
        let events = ComWrapper::new(Events::default());
        Self { component, audio: AudioThread { processor, events, due: Instant::now(), around } }
    }

    /// A note at the start of the next block.
    pub fn note_on(&mut self, key: u8) {
        self.named_note_on(key, -1);
    }

    /// The same with a note id.
    pub fn named_note_on(&mut self, key: u8, id: i32) {
        let note =
            NoteOnEvent { channel: 0, pitch: i16::from(key), tuning: 0.0, velocity: VELOCITY, length: 0, noteId: id };
        self.audio.events.push(kNoteOnEvent as u16, Event__type0 { noteOn: note });
    }

    /// A note expression at the start of the next block: its type by VST3's number, and its value, [0, 1].
    pub fn express(&mut self, id: i32, type_id: u32, value: f64) {
        let event = NoteExpressionValueEvent { typeId: type_id, noteId: id, value };
        self.audio.events.push(kNoteExpressionValueEvent as u16, Event__type0 { noteExpressionValue: event });
    }

    /// The note's end at the start of the next block.
    pub fn note_off(&mut self, key: u8) {
        let note = NoteOffEvent { channel: 0, pitch: i16::from(key), velocity: 0.0, noteId: -1, tuning: 0.0 };
        self.audio.events.push(kNoteOffEvent as u16, Event__type0 { noteOff: note });
    }

    /// Renders the left channel; every sample must be finite.
    pub fn render(&mut self, length_s: f64) -> Vec<f32> {
        self.audio.render(length_s)
    }

    /// Renders on a thread of its own while `meanwhile` runs again and again on this one; how often it did.
    pub fn render_while(&mut self, length_s: f64, mut meanwhile: impl FnMut(&Component)) -> (Vec<f32>, usize) {
        let (audio, component) = (&mut self.audio, Component(&self.component));
        std::thread::scope(|scope| {
            let rendering = scope.spawn(move || audio.render(length_s));
            let mut times = 0;
            while !rendering.is_finished() {
                meanwhile(&component);
                times += 1;
            }
            (rendering.join().expect("every block renders"), times)
        })
    }

    /// Plays a key for `length_s`, then renders its release for `release_s`; what sounded while the key was held.
    pub fn play(&mut self, key: u8, length_s: f64, release_s: f64) -> Vec<f32> {
        self.note_on(key);
        let samples = self.render(length_s);
        self.note_off(key);
        self.render(release_s);
        samples
    }

    /// The component, for calls of the host's main thread.
    pub fn component(&self) -> Component<'_> {
        Component(&self.component)
    }

    /// Ends the instance as a host does.
    pub fn close(self) {
        // SAFETY: VST3's own order of calls; the audio thread has ended.
        unsafe {
            assert_eq!(self.audio.processor.setProcessing(0), kResultOk);
            assert_eq!(self.component.setActive(0), kResultOk);
            assert_eq!(self.component.terminate(), kResultOk);
        }
    }
}

/// A component as the host's main thread calls it.
pub struct Component<'a>(&'a ComPtr<IComponent>);

impl Component<'_> {
    /// What a host would write into its project.
    ///
    /// # Panics
    /// If the plug-in does not save.
    pub fn save(&self) -> Vec<u8> {
        let stream = ComWrapper::new(Stream::default());
        let reader = stream.to_com_ptr::<IBStream>().expect("a stream");
        // SAFETY: the stream outlives the call.
        assert_eq!(unsafe { self.0.getState(reader.as_ptr()) }, kResultOk, "the state is saved");
        stream.content().bytes.clone()
    }

    /// Loads a state; the plug-in may be processing meanwhile.
    ///
    /// # Panics
    /// If the plug-in refuses it.
    pub fn load(&self, state: &[u8]) {
        let content = Content { bytes: state.to_vec(), position: 0 };
        let stream = ComWrapper::new(Stream(Mutex::new(content)));
        let reader = stream.to_com_ptr::<IBStream>().expect("a stream");
        // SAFETY: the stream outlives the call.
        assert_eq!(unsafe { self.0.setState(reader.as_ptr()) }, kResultOk, "the state is loaded");
    }
}

fn create(factory: &ComPtr<IPluginFactory>) -> ComPtr<IComponent> {
    // SAFETY: plain data, for which zeros are valid.
    let mut class: PClassInfo = unsafe { std::mem::zeroed() };
    let mut object: *mut c_void = std::ptr::null_mut();
    // SAFETY: valid places for what is asked for; a component's reference is what the factory leaves in `object`.
    unsafe {
        assert_eq!(factory.getClassInfo(0, &raw mut class), kResultOk);
        let interface = IComponent::IID;
        assert_eq!(factory.createInstance(class.cid.as_ptr(), interface.as_ptr().cast(), &raw mut object), kResultOk);
        ComPtr::from_raw(object.cast()).expect("a component")
    }
}

impl AudioThread {
    fn render(&mut self, length_s: f64) -> Vec<f32> {
        let blocks = (length_s * SAMPLE_RATE_HZ) as usize / BLOCK_SAMPLES;
        (0..blocks).flat_map(|_| self.block()).collect()
    }

    fn block(&mut self) -> [f32; BLOCK_SAMPLES] {
        self.due += Duration::from_secs_f64(BLOCK_SAMPLES as f64 / SAMPLE_RATE_HZ);
        std::thread::sleep(self.due.saturating_duration_since(Instant::now()));
        let mut sides = [[0.0_f32; BLOCK_SAMPLES]; 2];
        let mut channels = sides.each_mut().map(|side| side.as_mut_ptr());
        let mut output = AudioBusBuffers {
            numChannels: 2,
            silenceFlags: 0,
            __field0: AudioBusBuffers__type0 { channelBuffers32: channels.as_mut_ptr() },
        };
        let events = self.events.to_com_ptr::<IEventList>().expect("an event list");
        let mut data = ProcessData {
            processMode: REALTIME,
            symbolicSampleSize: SAMPLE_32,
            numSamples: BLOCK_SAMPLES as i32,
            numInputs: 0,
            numOutputs: 1,
            inputs: std::ptr::null_mut(),
            outputs: &raw mut output,
            inputParameterChanges: std::ptr::null_mut(),
            outputParameterChanges: std::ptr::null_mut(),
            inputEvents: events.as_ptr(),
            outputEvents: std::ptr::null_mut(),
            processContext: std::ptr::null_mut(),
        };
        let mut result = None;
        let processor = &self.processor;
        // SAFETY: all that `data` points to outlives the call.
        (self.around)(&mut || result = Some(unsafe { processor.process(&raw mut data) }));
        assert_eq!(result, Some(kResultOk), "a block renders");
        self.events.list().clear();
        assert!(sides.iter().flatten().all(|sample| sample.is_finite()));
        sides[0]
    }
}

/// The events of one block.
#[derive(Default)]
struct Events(Mutex<Vec<Event>>);

impl Events {
    fn list(&self) -> MutexGuard<'_, Vec<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, kind: u16, event: Event__type0) {
        let event = Event { busIndex: 0, sampleOffset: 0, ppqPosition: 0.0, flags: 0, r#type: kind, __field0: event };
        self.list().push(event);
    }
}

impl Class for Events {
    type Interfaces = (IEventList,);
}

impl IEventListTrait for Events {
    unsafe fn getEventCount(&self) -> i32 {
        self.list().len() as i32
    }

    unsafe fn getEvent(&self, index: i32, event: *mut Event) -> tresult {
        let Some(found) = usize::try_from(index).ok().and_then(|index| self.list().get(index).copied()) else {
            return kInvalidArgument;
        };
        // SAFETY: the plug-in passes a place for the event.
        unsafe { event.write(found) };
        kResultOk
    }

    unsafe fn addEvent(&self, _event: *mut Event) -> tresult {
        kInvalidArgument
    }
}

/// Bytes in memory with a place to read and write at.
#[derive(Default)]
struct Stream(Mutex<Content>);

#[derive(Default)]
struct Content {
    bytes: Vec<u8>,
    position: usize,
}

impl Stream {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Class for Stream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for Stream {
    unsafe fn read(&self, buffer: *mut c_void, count: i32, done: *mut i32) -> tresult {
        let mut content = self.content();
        let left = &content.bytes[content.position..];
        let length = left.len().min(usize::try_from(count).unwrap_or(0));
        // SAFETY: the plug-in passes a buffer of `count` bytes, and a place for how many were read, or null.
        unsafe {
            std::ptr::copy_nonoverlapping(left.as_ptr(), buffer.cast(), length);
            report(done, length as i32);
        }
        content.position += length;
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, count: i32, done: *mut i32) -> tresult {
        let mut content = self.content();
        let length = usize::try_from(count).unwrap_or(0);
        // SAFETY: the plug-in passes a buffer of `count` bytes, and a place for how many were written, or null.
        unsafe {
            content.bytes.extend_from_slice(std::slice::from_raw_parts(buffer.cast(), length));
            report(done, count);
        }
        content.position = content.bytes.len();
        kResultOk
    }

    unsafe fn seek(&self, position: i64, mode: i32, result: *mut i64) -> tresult {
        let mut content = self.content();
        let from =
            SEEK.iter().position(|known| *known == mode).map(|mode| [0, content.position, content.bytes.len()][mode]);
        let target = from.and_then(|from| usize::try_from(from as i64 + position).ok());
        let Some(target) = target.filter(|target| *target <= content.bytes.len()) else { return kInvalidArgument };
        content.position = target;
        // SAFETY: the plug-in passes a place for the position, or null.
        unsafe { report(result, target as i64) };
        kResultOk
    }

    unsafe fn tell(&self, position: *mut i64) -> tresult {
        // SAFETY: the plug-in passes a place for the position, or null.
        unsafe { report(position, self.content().position as i64) };
        kResultOk
    }
}

/// Writes an answer that the caller may not want.
///
/// # Safety
/// `place` is null or valid for writing.
unsafe fn report<T>(place: *mut T, answer: T) {
    if !place.is_null() {
        // SAFETY: not null, and valid by the caller's word.
        unsafe { place.write(answer) };
    }
}
