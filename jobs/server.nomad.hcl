# The API server. Runs with the nomad command too:
#   nomad job run -var image=developeraipacto/aipacto-server:latest -var domain=aipacto.com jobs/server.nomad.hcl
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
  default     = 3000
  description = "The port the server listens on inside its container"
}

variable "routes" {
  type        = string
  default     = "/api"
  description = "Path prefixes that the ingress sends here, separated by commas"
}

variable "health" {
  type    = string
  default = "/api/health"
}

variable "cpu" {
  type        = number
  default     = 200
  description = "MHz"
}

variable "memory" {
  type        = number
  default     = 256
  description = "MB"
}

job "server" {
  type        = "service"
  datacenters = ["*"]

  meta {
    version = var.version
  }

  group "server" {
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
      name     = "server"
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

    task "server" {
      driver       = "docker"
      kill_timeout = "20s"

      config {
        image = var.image
        ports = ["http"]
      }

      env {
        NODE_ENV    = "production"
        DOMAIN      = "${var.domain}"
        PORT        = "${var.port}"
        APP_VERSION = "${var.version}"
      }

      resources {
        cpu    = var.cpu
        memory = var.memory
      }
    }
  }
}
