#include "engine/workplace.hpp"

namespace maskmetrics {

namespace {

context on_device(context ctx, device chosen) {
  ctx.device = chosen;
  return ctx;
}

}  // namespace

workplace::workplace(context const& ctx)
    : chosen(choose_backend(ctx.device)),
      place(chosen.stages->open(on_device(ctx, chosen.chosen))),
      memory(*place, chosen.stages->uses_host_memory) {}

}  // namespace maskmetrics
