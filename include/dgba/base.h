/** The ground floor: what every other module may use. */
#ifndef DGBA_BASE_H
#define DGBA_BASE_H

#include "dgba/base/clock.h"
#include "dgba/base/compiler.h"
#include "dgba/base/crew.h"
#include "dgba/base/file.h"
#include "dgba/base/hash.h"
#include "dgba/base/log.h"
#include "dgba/base/memory.h"
#include "dgba/base/option.h"
#include "dgba/base/pages.h"
#include "dgba/base/random.h"
#include "dgba/base/shelf.h"
#include "dgba/base/status.h"
#include "dgba/base/text.h"

#endif
