#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/version.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/usage_error.hpp"

namespace maskmetrics::cli {

namespace {

enum exit_status : int { exit_success = 0, exit_failure = 1, exit_usage = 2 };

void parse_and_run(int argc, char** argv) {
  CLI::App app("Evaluates instance segmentation and detection: COCO's numbers, to the last bit of pycocotools.",
               "maskmetrics");
  app.set_version_flag("--version", std::string("maskmetrics ") + version());
  app.get_formatter()->column_width(34);
  eval_arguments eval;
  explain_arguments explain;
  sweep_arguments sweep;
  CLI::App const* const eval_command = add_eval(app, eval);
  CLI::App const* const explain_command = add_explain(app, explain);
  CLI::App const* const sweep_command = add_sweep(app, sweep);
  app.footer("Example:\n  maskmetrics eval --gt instances_val2017.json --dt results.json --iou segm\n");
  try {
    app.parse(argc, argv);
  } catch (CLI::CallForVersion const& call) {
    print_result(std::string(call.what()) + '\n');
    return;
  } catch (CLI::CallForHelp const&) {
    print_result(app.help());
    return;
  }
  if (eval_command->parsed()) {
    run_eval(eval);
  } else if (explain_command->parsed()) {
    run_explain(explain);
  } else if (sweep_command->parsed()) {
    run_sweep(sweep);
  } else {
    throw usage_error("a command is needed, eval, explain or sweep; maskmetrics --help says more");
  }
}

/// The call that lists the options of the command that was typed.
std::string help_call(int argc, char** argv) {
  std::string_view const command = argc > 1 ? argv[1] : "";
  bool const known = command == "eval" || command == "explain" || command == "sweep";
  return known ? fmt::format("maskmetrics {} --help", command) : "maskmetrics --help";
}

/// The exit status that says how it went; the reason goes to standard error.
exit_status run(int argc, char** argv) {
  try {
    parse_and_run(argc, argv);
    return exit_success;
  } catch (CLI::ParseError const& failure) {
    print_error(fmt::format("{}; {} says more", failure.what(), help_call(argc, argv)));
    return exit_usage;
  } catch (usage_error const& failure) {
    print_error(failure.what());
    return exit_usage;
  } catch (protocol_error const& failure) {
    print_error(failure.what());
    return exit_usage;
  } catch (std::bad_alloc const&) {
    print_error("out of memory");
    return exit_failure;
  } catch (std::exception const& failure) {
    print_error(failure.what());
    return exit_failure;
  }
}

}  // namespace

}  // namespace maskmetrics::cli

int main(int argc, char** argv) {
  // A reader that goes away is an error to report, not a signal to die of.
  (void)std::signal(SIGPIPE, SIG_IGN);
  return maskmetrics::cli::run(argc, argv);
}
