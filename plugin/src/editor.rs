//! The editor: the window around the instrument's view. Main thread.
//!
//! The framework asks for one editor object per instance and opens windows from it. Each opening builds a fresh window
//! from the size and scale that the project remembers.

pub mod audition;
pub mod bar;
pub mod browser;
pub mod button;
pub mod choice;
pub mod drag;
pub mod dropped;
mod endless_dialog;
pub mod envelope;
pub mod filter;
pub mod gestures;
pub mod header;
pub mod idle_preview;
pub mod keys;
pub mod knob;
pub mod layout;
pub mod learning;
pub mod lfo;
pub mod loop_marks;
pub mod morph;
pub mod morph_follow;
pub mod name;
pub mod pad;
mod param_menu;
pub mod path;
pub mod preset_dialog;
pub mod preset_line;
pub mod region_editor;
pub mod sound_names;
pub mod status;
pub mod steps;
pub mod strip;
pub mod switch;
pub mod tabs;
pub mod theme;
pub mod turn;
pub mod typing;
pub mod view;
pub mod wave;

use std::error::Error;
use std::sync::Arc;

use engine::pack::RandomPoints;
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize};
use nice_plug::editor::{Editor, HostMethods, ParentWindowHandle, ResizeHint, SpawnedEditor};
use nice_plug_egui::baseview::{HandlerError, WindowSize};
use nice_plug_egui::{
    EguiEditorHandle, EguiEditorState, EguiNiceSettings, Frame, NiceEguiApp, RepaintNotifier, create_egui_editor,
};

use crate::jobs::Job;
use crate::project::View;
use crate::session::Session;
use gestures::HostParamWriter;
use view::{EditorView, WindowChange};

/// The instance's editor, open or not.
pub struct HeptodeEditor {
    session: Arc<Session>,
}

impl HeptodeEditor {
    /// For a session.
    pub fn new(session: Arc<Session>) -> Self {
        Self { session }
    }

    fn view(&self) -> View {
        self.session.store.project().view.unwrap_or_default()
    }
}

impl Editor for HeptodeEditor {
    type Handle = EguiEditorHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Self::Handle>, Box<dyn Error>> {
        let view = self.view();
        let state = EguiEditorState::from_size(LogicalSize::new(view.width, view.height), view.scale);
        let notifier = RepaintNotifier::new();
        let settings = EguiNiceSettings::new().with_tile("Heptode").with_resize_hint(self.resize_hint());
        let window = Window { session: Arc::clone(&self.session), view: None };
        self.session.run(Job::Load);
        create_egui_editor(state, notifier, settings, window).ok_or("the editor could not be made")?.spawn(
            parent,
            wait_for_parent,
            fallback_scale_factor,
            gui_context,
            host,
        )
    }

    fn size(&self) -> NativeSize<u32> {
        let view = self.view();
        let size = LogicalSize::new(view.width * view.scale, view.height * view.scale);
        NativeSize::from_size(size.into(), 1.0)
    }

    fn resize_hint(&self) -> ResizeHint {
        let smallest = View::default();
        ResizeHint::resizable().with_min_logical_size(LogicalSize::new(smallest.width, smallest.height))
    }
}

/// One opening of the editor.
struct Window {
    session: Arc<Session>,
    view: Option<EditorView>,
}

impl NiceEguiApp for Window {
    fn build(&mut self, context: egui::Context, gui: GuiContext, _frame: &mut Frame) -> Result<(), HandlerError> {
        theme::install(&context);
        let gestures = HostParamWriter::new(gui, Arc::clone(&self.session.params));
        let scale = context.zoom_factor();
        // A seed that differs at every opening, so that "Random" gives other points each time.
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let random = RandomPoints::new(since_epoch.as_nanos() as u64);
        self.view = Some(EditorView::new(Arc::clone(&self.session), Box::new(gestures), random, scale));
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut Frame) {
        let Some(view) = &mut self.view else { return };
        match view.show(ui) {
            Some(WindowChange::Size(size)) => {
                let smallest = View::default();
                let size = size.max(egui::vec2(smallest.width, smallest.height));
                ui.ctx().send_viewport_cmd(egui::ViewportCommand::InnerSize(size));
            }
            Some(WindowChange::Scale(scale)) => ui.ctx().set_zoom_factor(scale),
            None => {}
        }
    }

    fn resized(&mut self, size: WindowSize) {
        self.session.store.change_view(|view| {
            view.width = size.logical.width as f32;
            view.height = size.logical.height as f32;
        });
    }

    fn zoom_factor_changed(&mut self, zoom_factor: f32) {
        self.session.store.change_view(|view| view.scale = zoom_factor);
    }
}
