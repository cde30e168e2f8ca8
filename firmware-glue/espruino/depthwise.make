# Fragment of Espruino's Makefile: require("depthwise") as a built-in library. docs/espruino.md says how to use it.
#
# DEPTHWISE      the npm package, as a path from Espruino's folder
# DEPTHWISE_AOT  1: the kernels as native code, instead of wasm3 that interprets them
# DEPTHWISE_FULL 1: kernels of all kinds of steps, those besides that a MobileNetV1 does not need

DEPTHWISE ?= node_modules/depthwise
DEPTHWISE_CORE := $(DEPTHWISE)/firmware-glue/core
DEPTHWISE_WASM3 := $(DEPTHWISE)/dist/wasm3

WRAPPERSOURCES += $(DEPTHWISE)/firmware-glue/espruino/jswrap_depthwise.c
SOURCES += $(addprefix $(DEPTHWISE)/firmware-glue/espruino/,net_state.c blob_source.c frame_source.c)
INCLUDE += -I$(ROOT)/$(DEPTHWISE)/firmware-glue/espruino -I$(ROOT)/$(DEPTHWISE_CORE)

ifeq ($(DEPTHWISE_FULL),1)
DEFINES += -DDW_FULL
DEPTHWISE_MODULE := $(DEPTHWISE)/dist/kernels-full.wasm
else
DEPTHWISE_MODULE := $(DEPTHWISE)/dist/kernels.wasm
endif

DEPTHWISE_SOURCES := $(addprefix $(DEPTHWISE_CORE)/,dw.c dw_classes.c dw_picture.c dw_frame.c dw_head.c)

ifeq ($(DEPTHWISE_AOT),1)
DEFINES += -DDW_AOT
DEPTHWISE_SOURCES += $(addprefix $(DEPTHWISE_CORE)/,dw_aot.c dw_check_steps.c dw_check_full.c dw_check_scratch.c dw_check_tasks.c) \
  $(DEPTHWISE)/dist/kernels.c
else
DEPTHWISE_SOURCES += $(addprefix $(DEPTHWISE_CORE)/,dw_wasm3.c dw_wasm3_calls.c wasm3_compile.c wasm3_env.c) \
  $(wildcard $(DEPTHWISE_WASM3)/*.c) $(GENDIR)/depthwise_kernels.c

# Made at once: a rule here would be the Makefile's first, and so its goal.
$(shell $(PYTHON) -c "b=open('$(DEPTHWISE_MODULE)','rb').read();open('$(GENDIR)/depthwise_kernels.c','w').write('#include <stdint.h>\nconst uint8_t depthwise_kernels[]={%s};\nconst uint32_t depthwise_kernels_bytes=%d;\n'%(','.join(map(str,b)),len(b)))")
endif

SOURCES += $(DEPTHWISE_SOURCES)

# The sources are fast or slow by the optimiser, and wasm3 is compiled with settings of its own.
DEPTHWISE_FLAGS := -O2 -DNDEBUG
DEPTHWISE_WASM3_FLAGS := -fno-lto -include $(DEPTHWISE_CORE)/wasm3_config.h -I$(DEPTHWISE_WASM3) -Wno-error -w
$(addprefix $(OBJDIR)/,$(DEPTHWISE_SOURCES:.c=.o)): CFLAGS += $(DEPTHWISE_FLAGS)
$(addprefix $(OBJDIR)/,$(patsubst %.c,%.o,$(filter %/dw_wasm3.c %/dw_wasm3_calls.c %/wasm3_compile.c %/wasm3_env.c $(DEPTHWISE_WASM3)/%,$(DEPTHWISE_SOURCES)))): CFLAGS += $(DEPTHWISE_WASM3_FLAGS)
