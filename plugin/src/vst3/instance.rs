//! The COM object that a VST3 host holds: the framework's own, with every call passed on to it. Each method is called on the
//! thread that VST3 names for it; those of the audio thread neither lock nor allocate, [`Instance::new`] allocates the framework's object.

use nice_plug::wrapper::vst3::Wrapper;
use nice_plug::wrapper::vst3::vst3::Class;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::ChannelContext::{IInfoListener, IInfoListenerTrait};
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    BusDirection, BusInfo, CString, CtrlNumber, IAttributeList, IAudioProcessor, IAudioProcessorTrait, IComponent,
    IComponentHandler, IComponentTrait, IEditController, IEditControllerTrait, IMidiMapping, IMidiMappingTrait,
    INoteExpressionController, INoteExpressionControllerTrait, IProcessContextRequirements,
    IProcessContextRequirementsTrait, IUnitInfo, IUnitInfoTrait, IoMode, MediaType, NoteExpressionTypeID,
    NoteExpressionTypeInfo, NoteExpressionValue, ParamID, ParamValue, ParameterInfo, ProcessData, ProcessSetup,
    ProgramListID, ProgramListInfo, RoutingInfo, SpeakerArrangement, String128, TChar, UnitID, UnitInfo,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    FIDString, FUnknown, IBStream, IPlugView, IPluginBaseTrait, TBool, TUID, int16, int32, kInvalidArgument, kResultOk,
    tresult, uint32,
};

use super::controllers::Controller;
use crate::Heptode;

/// One instance of the plug-in.
pub struct Instance(Wrapper<Heptode>);

impl Instance {
    /// A fresh one.
    pub fn new() -> Self {
        Self(Wrapper::new())
    }
}

impl Class for Instance {
    type Interfaces = (
        IComponent,
        IEditController,
        IAudioProcessor,
        IMidiMapping,
        INoteExpressionController,
        IProcessContextRequirements,
        IUnitInfo,
        IInfoListener,
    );
}

/// Implements an interface by passing each call on.
macro_rules! forward {
    ($interface:ident { $(fn $method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)* }) => {
        impl $interface for Instance {
            forward!(@methods $interface { $(fn $method($($argument: $type),*) -> $answer;)* });
        }
    };
    (@methods $interface:ident { $(fn $method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)* }) => {
        $(unsafe fn $method(&self, $($argument: $type),*) -> $answer {
            // SAFETY: the caller's own arguments, passed on to the framework's implementation of the same method.
            unsafe { $interface::$method(&self.0, $($argument),*) }
        })*
    };
}

forward!(IPluginBaseTrait {
    fn initialize(context: *mut FUnknown) -> tresult;
    fn terminate() -> tresult;
});

forward!(IComponentTrait {
    fn getControllerClassId(class: *mut TUID) -> tresult;
    fn setIoMode(mode: IoMode) -> tresult;
    fn getBusCount(media: MediaType, direction: BusDirection) -> int32;
    fn getBusInfo(media: MediaType, direction: BusDirection, index: int32, info: *mut BusInfo) -> tresult;
    fn getRoutingInfo(input: *mut RoutingInfo, output: *mut RoutingInfo) -> tresult;
    fn activateBus(media: MediaType, direction: BusDirection, index: int32, state: TBool) -> tresult;
    fn setActive(state: TBool) -> tresult;
    fn setState(state: *mut IBStream) -> tresult;
    fn getState(state: *mut IBStream) -> tresult;
});

impl IEditControllerTrait for Instance {
    forward!(@methods IEditControllerTrait {
        fn setComponentState(state: *mut IBStream) -> tresult;
        fn setState(state: *mut IBStream) -> tresult;
        fn getState(state: *mut IBStream) -> tresult;
        fn getParameterCount() -> int32;
        fn getParamStringByValue(id: ParamID, normalized: ParamValue, text: *mut String128) -> tresult;
        fn getParamValueByString(id: ParamID, text: *mut TChar, normalized: *mut ParamValue) -> tresult;
        fn normalizedParamToPlain(id: ParamID, normalized: ParamValue) -> ParamValue;
        fn plainParamToNormalized(id: ParamID, plain: ParamValue) -> ParamValue;
        fn setParamNormalized(id: ParamID, value: ParamValue) -> tresult;
        fn setComponentHandler(handler: *mut IComponentHandler) -> tresult;
        fn createView(name: FIDString) -> *mut IPlugView;
    });

    /// The framework's description, but for the names and defaults of MIDI controllers. nice-plug 0.4.2 also describes one parameter
    /// beyond the last.
    unsafe fn getParameterInfo(&self, index: int32, info: *mut ParameterInfo) -> tresult {
        // SAFETY: the host's own arguments, passed on; the framework answers "ok" for a place that is not null, which it has filled.
        unsafe {
            if index >= self.0.getParameterCount() {
                return kInvalidArgument;
            }
            let answer = self.0.getParameterInfo(index, info);
            if answer == kResultOk
                && let Some(info) = info.as_mut()
                && let Some(controller) = Controller::of(info.id)
            {
                controller.describe(info);
            }
            answer
        }
    }

    /// nice-plug 0.4.2 says 0.5 of every MIDI controller, which a host that writes values back would send: a pressed pedal, a lower volume.
    unsafe fn getParamNormalized(&self, id: ParamID) -> ParamValue {
        match Controller::of(id) {
            Some(controller) => controller.resting(),
            // SAFETY: the host's own argument, passed on.
            None => unsafe { self.0.getParamNormalized(id) },
        }
    }
}

impl IAudioProcessorTrait for Instance {
    forward!(@methods IAudioProcessorTrait {
        fn setBusArrangements(
            inputs: *mut SpeakerArrangement,
            input_count: int32,
            outputs: *mut SpeakerArrangement,
            output_count: int32
        ) -> tresult;
        fn getBusArrangement(
            direction: BusDirection,
            index: int32,
            arrangement: *mut SpeakerArrangement
        ) -> tresult;
        fn canProcessSampleSize(size: int32) -> tresult;
        fn getLatencySamples() -> uint32;
        fn setProcessing(state: TBool) -> tresult;
        fn process(data: *mut ProcessData) -> tresult;
        fn getTailSamples() -> uint32;
    });

    /// nice-plug 0.4.2 hands to `activate` the mode of the *previous* `setupProcessing`: a bounce would run as if live, and the
    /// live session after it as if offline, waiting on the audio thread. The first call stores the mode, the second hands it on.
    unsafe fn setupProcessing(&self, setup: *mut ProcessSetup) -> tresult {
        // SAFETY: the host's own argument, passed on.
        unsafe {
            self.0.setupProcessing(setup);
            self.0.setupProcessing(setup)
        }
    }
}

forward!(IMidiMappingTrait {
    fn getMidiControllerAssignment(
        bus: int32,
        channel: int16,
        controller: CtrlNumber,
        id: *mut ParamID
    ) -> tresult;
});

forward!(INoteExpressionControllerTrait {
    fn getNoteExpressionCount(bus: int32, channel: int16) -> int32;
    fn getNoteExpressionInfo(
        bus: int32,
        channel: int16,
        index: int32,
        info: *mut NoteExpressionTypeInfo
    ) -> tresult;
    fn getNoteExpressionStringByValue(
        bus: int32,
        channel: int16,
        id: NoteExpressionTypeID,
        value: NoteExpressionValue,
        text: *mut String128
    ) -> tresult;
    fn getNoteExpressionValueByString(
        bus: int32,
        channel: int16,
        id: NoteExpressionTypeID,
        text: *const TChar,
        value: *mut NoteExpressionValue
    ) -> tresult;
});

forward!(IProcessContextRequirementsTrait {
    fn getProcessContextRequirements() -> uint32;
});

forward!(IUnitInfoTrait {
    fn getUnitCount() -> int32;
    fn getUnitInfo(index: int32, info: *mut UnitInfo) -> tresult;
    fn getProgramListCount() -> int32;
    fn getProgramListInfo(index: int32, info: *mut ProgramListInfo) -> tresult;
    fn getProgramName(list: ProgramListID, index: int32, name: *mut String128) -> tresult;
    fn getProgramInfo(list: ProgramListID, index: int32, attribute: CString, value: *mut String128) -> tresult;
    fn hasProgramPitchNames(list: ProgramListID, index: int32) -> tresult;
    fn getProgramPitchName(list: ProgramListID, index: int32, pitch: int16, name: *mut String128) -> tresult;
    fn getSelectedUnit() -> UnitID;
    fn selectUnit(unit: UnitID) -> tresult;
    fn getUnitByBus(
        media: MediaType,
        direction: BusDirection,
        bus: int32,
        channel: int32,
        unit: *mut UnitID
    ) -> tresult;
    fn setUnitProgramData(list_or_unit: int32, index: int32, data: *mut IBStream) -> tresult;
});

forward!(IInfoListenerTrait {
    fn setChannelContextInfos(list: *mut IAttributeList) -> tresult;
});
