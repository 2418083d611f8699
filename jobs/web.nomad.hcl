# The web front end: static files. Runs with the nomad command too:
#   nomad job run -var image=developeraipacto/aipacto-web:latest -var domain=aipacto.com jobs/web.nomad.hcl
variable "image" {
  type        = string
  description = "Container image; a digest makes a deployment repeatable"
}

variable "version" {
  type        = string
  default     = "dev"
  description = "Shown by the health path, to see which build answers"
}

variable "domain" {
  type        = string
  description = "Domain of the environment"
}

variable "count" {
  type    = number
  default = 1
}

variable "port" {
  type        = number
  default     = 8080
  description = "The port Caddy listens on inside its container"
}

variable "routes" {
  type        = string
  default     = "/"
  description = "Path prefixes that the ingress sends here, separated by commas"
}

variable "health" {
  type    = string
  default = "/health"
}

variable "cpu" {
  type        = number
  default     = 100
  description = "MHz"
}

variable "memory" {
  type        = number
  default     = 64
  description = "MB"
}

job "web" {
  type        = "service"
  datacenters = ["*"]

  meta {
    version = var.version
  }

  group "web" {
    count = var.count

    # Two instances on one machine would both go with it.
    spread {
      attribute = "${node.unique.id}"
      weight    = 100
    }

    network {
      port "http" {
        to = var.port
      }
    }

    service {
      name     = "web"
      port     = "http"
      provider = "consul"
      tags     = ["ingress"]

      meta {
        routes = var.routes
      }

      check {
        type     = "http"
        path     = var.health
        interval = "5s"
        timeout  = "2s"

        check_restart {
          limit = 3
          grace = "30s"
        }
      }
    }

    update {
      max_parallel      = 1
      canary            = 1
      min_healthy_time  = "10s"
      healthy_deadline  = "3m"
      progress_deadline = "10m"
      auto_promote      = true
      auto_revert       = true
    }

    restart {
      attempts = 3
      interval = "5m"
      delay    = "5s"
      mode     = "fail"
    }

    # Out of the ingress first, then stopped.
    shutdown_delay = "10s"

    task "web" {
      driver       = "docker"
      kill_timeout = "20s"

      config {
        image = var.image
        ports = ["http"]
      }

      env {
        PORT        = "${var.port}"
        DOMAIN      = "${var.domain}"
        APP_VERSION = "${var.version}"
      }

      resources {
        cpu    = var.cpu
        memory = var.memory
      }
    }
  }
}
